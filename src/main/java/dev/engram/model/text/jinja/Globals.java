package dev.engram.model.text.jinja;

import java.time.LocalDateTime;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The functions every template may call. */
final class Globals {
    private static final int LONGEST_RANGE = 100_000;
    private static final Map<String, Callable> FUNCTIONS = Map.of(
            "raise_exception", Globals::raise,
            "strftime_now", Globals::now,
            "range", Globals::range,
            "namespace", Globals::namespace,
            "dict", Globals::dict);

    private Globals() {}

    static Map<String, Callable> functions() {
        return FUNCTIONS;
    }

    private static Object raise(Run run, Args args) {
        Object message = args.bind("raise_exception", "message").require("message");
        throw TemplateException.raisedByTemplate(Repr.text(run, message));
    }

    private static Object range(Run run, Args args) {
        Args.Bound bound = args.bind("range", "start", "stop", "step");
        int start = bound.integer("start", 0);
        boolean onlyStop = !bound.has("stop");
        int stop = onlyStop ? start : bound.integer("stop", 0);
        int step = bound.integer("step", 1);
        if (step == 0) {
            throw new TemplateException("range has step 0");
        }
        List<Object> numbers = new ArrayList<>();
        for (long i = onlyStop ? 0 : start; step > 0 ? i < stop : i > stop; i += step) {
            if (numbers.size() == LONGEST_RANGE) {
                throw new TemplateException("a range has more than " + LONGEST_RANGE + " numbers");
            }
            numbers.add(i);
        }
        return run.made(numbers);
    }

    private static Object namespace(Run run, Args args) {
        Namespace namespace = new Namespace();
        for (Object given : args.places()) {
            if (!(given instanceof Map<?, ?> map)) {
                throw new TemplateException("namespace takes a mapping, not " + Values.typeName(given));
            }
            map.forEach((name, value) -> namespace.set(String.valueOf(name), value));
        }
        args.names().forEach(namespace::set);
        return namespace;
    }

    private static Object dict(Run run, Args args) {
        Map<Object, Object> made = new LinkedHashMap<>();
        for (Object given : args.places()) {
            if (given instanceof Map<?, ?> map) {
                made.putAll(map);
            } else {
                for (Object pair : Values.elements(run, given)) {
                    List<Object> two = Values.elements(run, pair);
                    if (two.size() != 2) {
                        throw new TemplateException("dict needs pairs");
                    }
                    made.put(Values.key(made, two.get(0)), two.get(1));
                }
            }
        }
        made.putAll(args.names());
        run.charge((long) made.size() * Run.ELEMENT);
        return made;
    }

    private static Object now(Run run, Args args) {
        String format = args.bind("strftime_now", "format").text("format");
        LocalDateTime now = LocalDateTime.now(run.clock);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            char field = format.charAt(++i);
            if (field == '-' && i + 1 < format.length()) { // without leading zero
                out.append(field(now, format.charAt(++i)).strip().replaceFirst("^0(?=.)", ""));
            } else {
                out.append(field(now, field));
            }
        }
        return run.made(out.toString());
    }

    private static String field(LocalDateTime now, char field) {
        int hour = now.getHour() % 12 == 0 ? 12 : now.getHour() % 12;
        return switch (field) {
            case 'd' -> two(now.getDayOfMonth());
            case 'e' -> String.format("%2d", now.getDayOfMonth());
            case 'm' -> two(now.getMonthValue());
            case 'y' -> two(now.getYear() % 100);
            case 'Y' -> String.valueOf(now.getYear());
            case 'H' -> two(now.getHour());
            case 'I' -> two(hour);
            case 'M' -> two(now.getMinute());
            case 'S' -> two(now.getSecond());
            case 'p' -> now.getHour() < 12 ? "AM" : "PM";
            case 'j' -> String.format("%03d", now.getDayOfYear());
            case 'b', 'h' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ROOT);
            case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ROOT);
            case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'F' -> now.getYear() + "-" + two(now.getMonthValue()) + "-" + two(now.getDayOfMonth());
            case 'T' -> two(now.getHour()) + ":" + two(now.getMinute()) + ":" + two(now.getSecond());
            case '%' -> "%";
            default -> throw new TemplateException("the date field %" + field + " is not supported");
        };
    }

    private static String two(int number) {
        return String.format("%02d", number);
    }
}
