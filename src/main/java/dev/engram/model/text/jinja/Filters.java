package dev.engram.model.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The filters of {@code value | filter} on single values; those on lists are in {@link ListFilters}. */
final class Filters {
    /** A filter: a function whose first argument stands before the bar. */
    interface Filter {
        Object apply(Run run, Object value, Args args);
    }

    private static final Map<String, Filter> FILTERS = new HashMap<>();

    static {
        FILTERS.put("tojson", Json::write);
        FILTERS.put("trim", (run, value, args) -> {
            String text = Repr.text(run, value);
            run.charge(text.length());
            return TextMethods.strip(text, args.bind("trim", "chars").get("chars", null), true, true);
        });
        text("upper", text -> text.toUpperCase(Locale.ROOT));
        text("lower", text -> text.toLowerCase(Locale.ROOT));
        text("title", Text::title);
        text("capitalize", Text::capitalize);
        text("string", text -> text);
        FILTERS.put("safe", FILTERS.get("string"));
        FILTERS.put("replace", Filters::replace);
        FILTERS.put("indent", Filters::indent);
        FILTERS.put("default", Filters::otherwise);
        FILTERS.put("d", Filters::otherwise);
        FILTERS.put("int", Filters::whole);
        FILTERS.put("float", Filters::real);
        FILTERS.put("abs", Filters::abs);
        FILTERS.put("round", Filters::round);
        FILTERS.put("length", Filters::length);
        FILTERS.put("count", Filters::length);
        FILTERS.put(
                "attr",
                (run, value, args) ->
                        Access.attribute(value, args.bind("attr", "name").text("name")));
        ListFilters.addTo(FILTERS);
    }

    private Filters() {}

    static Object apply(Run run, String name, Object value, Args args) {
        Filter filter = FILTERS.get(name);
        if (filter == null) {
            throw new TemplateException("the filter '" + name + "' is not supported");
        }
        run.charge(1);
        return filter.apply(run, value, args);
    }

    private static void text(String name, java.util.function.UnaryOperator<String> change) {
        FILTERS.put(name, (run, value, args) -> {
            args.bind(name);
            return run.made(change.apply(run.made(Repr.text(run, value))));
        });
    }

    private static Object length(Run run, Object value, Args args) {
        args.bind("length");
        run.charge(value instanceof String text ? text.length() / 8 : 1);
        return (long) Values.length(value);
    }

    private static Object replace(Run run, Object value, Args args) {
        Args.Bound bound = args.bind("replace", "old", "new", "count");
        int count = bound.get("count", null) == null ? -1 : bound.integer("count", -1);
        return TextMethods.replace(
                run,
                Repr.text(run, value),
                Repr.text(run, bound.require("old")),
                Repr.text(run, bound.require("new")),
                count);
    }

    private static Object indent(Run run, Object value, Args args) {
        Args.Bound bound = args.bind("indent", "width", "first", "blank");
        Object width = bound.get("width", 4L);
        String margin = width instanceof String given
                ? given
                : " ".repeat(Math.max(0, Math.min(10_000, bound.integer("width", 4))));
        String text = Repr.text(run, value);
        run.charge(text.length());
        List<Object> lines = Text.split(text, "\n", -1, false);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            boolean wanted = i == 0 ? bound.flag("first") : bound.flag("blank") || !line.isEmpty();
            run.charge(margin.length() + line.length());
            out.append(i == 0 ? "" : "\n").append(wanted ? margin : "").append(line);
        }
        return out.toString();
    }

    private static Object otherwise(Run run, Object value, Args args) {
        Args.Bound bound = args.bind("default", "default_value", "boolean");
        boolean missing = value instanceof Undefined || bound.flag("boolean") && !Values.truth(value);
        return missing ? bound.get("default_value", "") : value;
    }

    private static Object whole(Run run, Object value, Args args) {
        Args.Bound bound = args.bind("int", "default", "base");
        Object otherwise = bound.get("default", 0L);
        int base = bound.integer("base", 10);
        if (value instanceof Double number) {
            return Double.isFinite(number) && Math.abs(number) < 0x1p63 ? (Object) number.longValue() : otherwise;
        }
        if (Values.isNumber(value)) {
            return Values.whole(value);
        }
        if (value instanceof String text) {
            String digits = Text.strip(run.made(text)).replace("_", "");
            try {
                return Long.parseLong(digits, base);
            } catch (NumberFormatException e) {
                Object real = parsed(digits);
                return real instanceof Double number && Double.isFinite(number)
                        ? (Object) number.longValue()
                        : otherwise;
            }
        }
        return otherwise;
    }

    private static Object real(Run run, Object value, Args args) {
        Object otherwise = args.bind("float", "default").get("default", 0.0);
        if (Values.isNumber(value)) {
            return Values.real(value);
        }
        Object number = value instanceof String text ? parsed(Text.strip(run.made(text))) : null;
        return number == null ? otherwise : number;
    }

    /** A decimal number; null if the text is none. */
    private static Object parsed(String text) {
        return text.matches("[+-]?(\\d{1,400}\\.?\\d{0,400}|\\.\\d{1,400})([eE][+-]?\\d{1,5})?")
                ? (Object) Double.parseDouble(text)
                : null;
    }

    private static Object abs(Run run, Object value, Args args) {
        args.bind("abs");
        if (!Values.isNumber(value)) {
            throw new TemplateException("abs needs a number, not " + Values.typeName(value));
        }
        return value instanceof Double number ? (Object) Math.abs(number) : (Object) Math.abs(Values.whole(value));
    }

    private static Object round(Run run, Object value, Args args) {
        Args.Bound bound = args.bind("round", "precision", "method");
        if (!Values.isNumber(value)) {
            throw new TemplateException("round needs a number, not " + Values.typeName(value));
        }
        int places = Math.max(-30, Math.min(30, bound.integer("precision", 0)));
        RoundingMode mode = switch (String.valueOf(bound.get("method", "common"))) {
            case "common" -> RoundingMode.HALF_EVEN;
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            default -> throw new TemplateException("round knows the methods common, ceil and floor");
        };
        double number = Values.real(value);
        double rounded = Double.isFinite(number)
                ? new BigDecimal(number).setScale(places, mode).doubleValue()
                : number;
        boolean whole = !(value instanceof Double) && mode == RoundingMode.HALF_EVEN;
        return whole ? (Object) (long) rounded : (Object) rounded;
    }
}
