-- Signals by day: retention drops a partition, never single rows (design sections 4 and 5).
CREATE TABLE detect_signal (
    id bigint GENERATED ALWAYS AS IDENTITY,
    received_at timestamptz NOT NULL DEFAULT now(),
    integration_id bigint NOT NULL,
    alert_id bigint,
    action text NOT NULL,
    dedup_key text NOT NULL,
    disposition text NOT NULL,
    reason text NOT NULL,
    raw jsonb NOT NULL,
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX detect_signal_alert ON detect_signal (alert_id, id);
CREATE TABLE detect_signal_default PARTITION OF detect_signal DEFAULT;
