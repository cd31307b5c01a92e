package dev.engram.model.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The {@code tojson} filter as transformers defines it: Python's json.dumps, characters beyond ASCII kept. */
final class Json {
    private final Run run;
    private final boolean ascii;
    private final String indent;
    private final String comma;
    private final String colon;
    private final boolean sorted;
    private final StringBuilder out = new StringBuilder();

    private Json(Run run, Args.Bound settings) {
        this.run = run;
        this.ascii = settings.flag("ensure_ascii");
        Object indent = settings.get("indent", null);
        this.indent = indent == null
                ? null
                : indent instanceof String given
                        ? given
                        : " ".repeat(Math.max(0, Math.min(1000, settings.integer("indent", 0))));
        this.sorted = settings.flag("sort_keys");
        if (settings.get("separators", null) instanceof List<?> pair
                && pair.size() == 2
                && pair.get(0) instanceof String first
                && pair.get(1) instanceof String second) {
            comma = first;
            colon = second;
        } else {
            comma = this.indent == null ? ", " : ",";
            colon = ": ";
        }
    }

    static String write(Run run, Object value, Args args) {
        Json json = new Json(run, args.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys"));
        json.append(value, 0);
        return json.out.toString();
    }

    private void append(Object value, int depth) {
        run.charge(8);
        if (value instanceof String text) {
            quote(text);
        } else if (value instanceof List<?> list) {
            brackets('[', ']', list, depth, element -> append(element, depth + 1));
        } else if (value instanceof Map<?, ?> map) {
            List<Object> keys = new ArrayList<>(map.keySet());
            if (sorted) {
                keys.sort((a, b) -> Values.compare(run, a, b));
            }
            brackets('{', '}', keys, depth, key -> {
                quote(key instanceof String name ? name : scalar(key));
                out.append(colon);
                append(map.get(key), depth + 1);
            });
        } else {
            out.append(scalar(value));
        }
    }

    private static String scalar(Object value) {
        if (value == null) {
            return "null";
        }
        if (value instanceof Double number) {
            return Double.isNaN(number)
                    ? "NaN"
                    : Double.isInfinite(number) ? (number > 0 ? "Infinity" : "-Infinity") : Repr.number(number);
        }
        if (value instanceof Long || value instanceof Boolean) {
            return value.toString();
        }
        throw new TemplateException("tojson cannot write " + Values.typeName(value));
    }

    private void brackets(
            char open, char close, List<?> elements, int depth, java.util.function.Consumer<Object> write) {
        out.append(open);
        for (int i = 0; i < elements.size(); i++) {
            out.append(i == 0 ? "" : comma);
            newLine(depth + 1);
            write.accept(elements.get(i));
        }
        if (!elements.isEmpty()) {
            newLine(depth);
        }
        out.append(close);
    }

    private void newLine(int depth) {
        if (indent != null) {
            run.charge((long) indent.length() * depth + 1);
            out.append('\n').append(indent.repeat(depth));
        }
    }

    private void quote(String text) {
        run.charge(text.length());
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int simple = "\"\\\n\r\t\b\f".indexOf(c);
            if (simple >= 0) {
                out.append('\\').append("\"\\nrtbf".charAt(simple));
            } else if (c < 0x20 || ascii && c > 0x7E) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
