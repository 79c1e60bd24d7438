import java.io.BufferedWriter;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.time.zone.ZoneRulesProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiFunction;

/**
 * Who is on call around every change of the clocks, by java.time: a second program that shares nothing with the
 * product. java.time reads a local time as RFC 5545 says (gap: shift forward; fold: the first).
 *
 * <p>For every zone, every change of its offset in 2015 to 2037, every kind of rotation and every place of the
 * handoff (a minute before the change, at it, inside the gap or fold, after it) one line: kind, place, the
 * layer's start, and `microseconds=person` for each instant asked about. Five people take turns; `-` is nobody.
 */
public final class OnCallOracle {
    private static final int PEOPLE = 5;
    private static final Instant FIRST = Instant.parse("2015-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("2038-01-01T00:00:00Z");
    private static final Duration WINDOW = Duration.ofMinutes(90);

    /** A kind of rotation: the start of turn n, the number of the turn that begins at the handoff. */
    private record Kind(String name, int turn, BiFunction<LocalDateTime, Integer, LocalDateTime> nth) {}

    private static final List<Kind> KINDS = List.of(
        new Kind("1 day", 9, (start, n) -> start.plusDays(n)),
        new Kind("1 week", 3, (start, n) -> start.plusWeeks(n)),
        new Kind("3 days", 4, (start, n) -> start.plusDays(3L * n)),
        new Kind("1 month", 12, (start, n) -> start.plusMonths(n)));

    public static void main(String[] names) {
        PrintWriter out = new PrintWriter(
            new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.US_ASCII), 1 << 20));
        out.println("release " + ZoneRulesProvider.getVersions("UTC").lastEntry().getKey());
        for (String name : names.length > 0 ? List.of(names) : new TreeSet<>(ZoneId.getAvailableZoneIds())) {
            zone(ZoneId.of(name), out);
        }
        out.flush();
    }

    private static void zone(ZoneId zone, PrintWriter out) {
        out.println("zone " + zone.getId());
        ZoneRules rules = zone.getRules();
        ZoneOffsetTransition change = rules.nextTransition(FIRST.minusNanos(1));
        while (change != null && change.getInstant().isBefore(LAST)) {
            out.println("change " + change.getInstant().getEpochSecond()
                + " " + change.getOffsetBefore().getTotalSeconds()
                + " " + change.getOffsetAfter().getTotalSeconds());
            change(zone, change, out);
            change = rules.nextTransition(change.getInstant());
        }
    }

    private static void change(ZoneId zone, ZoneOffsetTransition change, PrintWriter out) {
        boolean gap = change.isGap();
        LocalDateTime low = gap ? change.getDateTimeBefore() : change.getDateTimeAfter();
        LocalDateTime high = gap ? change.getDateTimeAfter() : change.getDateTimeBefore();
        LocalDateTime inside = low.plusSeconds(Duration.between(low, high).getSeconds() / 2);
        place(zone, change, "before", low.minusMinutes(1), out);
        place(zone, change, "at", low, out);
        place(zone, change, "inside", inside, out);
        place(zone, change, "after", high, out);
    }

    private static void place(
            ZoneId zone, ZoneOffsetTransition change, String place, LocalDateTime handoff, PrintWriter out) {
        for (Kind kind : KINDS) {
            LocalDateTime start = kind.nth().apply(handoff, -kind.turn());
            List<Instant> turns = new ArrayList<>();
            for (int n = 0; n <= kind.turn() + 2; n++) {
                turns.add(instant(kind.nth().apply(start, n), zone));
            }
            line(kind.name(), place, start.toString(), turns, around(turns, kind.turn(), change), null, out);
        }
        hours(zone, change, place, handoff, out);
        window(zone, change, place, handoff, out);
    }

    /** Exact hours: they elapse, whatever the wall shows. */
    private static void hours(
            ZoneId zone, ZoneOffsetTransition change, String place, LocalDateTime handoff, PrintWriter out) {
        Instant from = instant(handoff, zone).minus(Duration.ofHours(7 * 12));
        LocalDateTime start = LocalDateTime.ofInstant(from, zone);
        List<Instant> turns = new ArrayList<>();
        for (int n = 0; n <= 9; n++) {
            turns.add(instant(start, zone).plus(Duration.ofHours(12L * n)));
        }
        line("12 hours", place, start.toString(), turns, around(turns, 7, change), null, out);
    }

    /** Daily turns at midnight that count in one window of 90 minutes from the handoff's time on each day. */
    private static void window(
            ZoneId zone, ZoneOffsetTransition change, String place, LocalDateTime handoff, PrintWriter out) {
        LocalDateTime start = handoff.truncatedTo(ChronoUnit.DAYS).minusDays(9);
        List<Instant> turns = new ArrayList<>();
        List<Instant> opens = new ArrayList<>();
        List<Instant> asked = new ArrayList<>();
        for (int n = 0; n <= 12; n++) {
            turns.add(instant(start.plusDays(n), zone));
        }
        for (int n = 6; n <= 11; n++) {
            LocalDateTime opening = handoff.plusDays(n - 9);
            opens.add(instant(opening, zone));
            opens.add(instant(opening.plus(WINDOW), zone));
        }
        for (Instant edge : opens.subList(4, 10)) {
            asked.add(edge.minusNanos(1000));
            asked.add(edge);
        }
        asked.add(change.getInstant().minusNanos(1000));
        asked.add(change.getInstant());
        line("window", place, start + "@" + handoff.toLocalTime(), turns, asked, opens, out);
    }

    private static List<Instant> around(List<Instant> turns, int turn, ZoneOffsetTransition change) {
        List<Instant> asked = new ArrayList<>();
        for (Instant edge : turns.subList(turn - 1, turn + 2)) {
            asked.add(edge.minusNanos(1000));
            asked.add(edge);
        }
        asked.add(change.getInstant().minusNanos(1000));
        asked.add(change.getInstant());
        asked.add(change.getInstant().plus(Duration.ofMinutes(31)));
        return asked;
    }

    private static void line(
            String kind, String place, String start, List<Instant> turns, List<Instant> asked,
            List<Instant> opens, PrintWriter out) {
        StringBuilder line = new StringBuilder(kind + "|" + place + "|" + start + "|");
        for (Instant at : asked) {
            int turn = -1;
            for (int n = 0; n < turns.size(); n++) {
                if (!turns.get(n).isAfter(at)) {
                    turn = n;
                }
            }
            boolean counts = opens == null;
            for (int n = 0; opens != null && n < opens.size(); n += 2) {
                counts = counts || (!opens.get(n).isAfter(at) && at.isBefore(opens.get(n + 1)));
            }
            line.append(ChronoUnit.MICROS.between(Instant.EPOCH, at)).append('=');
            line.append(turn < 0 || !counts ? "-" : String.valueOf(turn % PEOPLE)).append(',');
        }
        out.println(line);
    }

    private static Instant instant(LocalDateTime local, ZoneId zone) {
        return ZonedDateTime.of(local, zone).toInstant();
    }
}
