"""Zabbix's door and what its owner is told."""

from muster.adapters.sources.zabbix.translate import translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="zabbix",
    name=_("Zabbix"),
    path="/in/zabbix/{key}",
    instructions=_(
        "Import this media type under Alerts, Media types. Make a user for Muster alone, with this media and "
        "the address as 'Send to', and an action for it: operations, recovery and update operations."
    ),
    connect="""# Send to: {base_url}/in/zabbix/{key}
zabbix_export:
  version: '6.0'
  date: '2026-01-01T00:00:00Z'
  media_types:
    - name: Muster
      type: WEBHOOK
      parameters:
        - {name: send_to, value: '{ALERT.SENDTO}'}
        - {name: event_id, value: '{EVENT.ID}'}
        - {name: event_value, value: '{EVENT.VALUE}'}
        - {name: event_name, value: '{EVENT.NAME}'}
        - {name: event_severity, value: '{EVENT.SEVERITY}'}
        - {name: event_nseverity, value: '{EVENT.NSEVERITY}'}
        - {name: event_opdata, value: '{EVENT.OPDATA}'}
        - {name: event_tags, value: '{EVENT.TAGSJSON}'}
        - {name: event_timestamp, value: '{EVENT.TIMESTAMP}'}
        - {name: event_recovery_timestamp, value: '{EVENT.RECOVERY.TIMESTAMP}'}
        - {name: event_update_status, value: '{EVENT.UPDATE.STATUS}'}
        - {name: event_update_action, value: '{EVENT.UPDATE.ACTION}'}
        - {name: event_update_message, value: '{EVENT.UPDATE.MESSAGE}'}
        - {name: host_name, value: '{HOST.NAME}'}
        - {name: host_host, value: '{HOST.HOST}'}
        - {name: host_ip, value: '{HOST.IP}'}
        - {name: host_groups, value: '{TRIGGER.HOSTGROUP.NAME}'}
        - {name: trigger_id, value: '{TRIGGER.ID}'}
        - {name: trigger_description, value: '{TRIGGER.DESCRIPTION}'}
        - {name: trigger_url, value: '{TRIGGER.URL}'}
        - {name: user, value: '{USER.FULLNAME}'}
        - {name: zabbix_url, value: '{$ZABBIX.URL}'}
      attempts: '10'
      attempt_interval: 10s
      script: |
        var told = JSON.parse(value), address = told.send_to, request = new HttpRequest();
        delete told.send_to;
        request.addHeader('Content-Type: application/json');
        var answer = request.post(address, JSON.stringify(told)), status = request.getStatus();
        if (status < 200 || status > 299) {
          throw 'Muster answered ' + status + ': ' + answer;
        }
        return 'OK';
      message_templates:
        - {event_source: TRIGGERS, operation_mode: PROBLEM, subject: '{EVENT.NAME}', message: '{EVENT.ID}'}
        - {event_source: TRIGGERS, operation_mode: RECOVERY, subject: '{EVENT.NAME}', message: '{EVENT.ID}'}
        - {event_source: TRIGGERS, operation_mode: UPDATE, subject: '{EVENT.NAME}', message: '{EVENT.ID}'}
""",
    connect_language="yaml",
)

DOOR = webhook_door("zabbix", translate, limit_bytes=1024 * 1024)

SOURCE = Source(FORM, (DOOR,))
