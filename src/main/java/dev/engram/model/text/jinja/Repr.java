package dev.engram.model.text.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Map;

/** How Python prints values. */
final class Repr {
    private Repr() {}

    /** A value as it is printed on its own. */
    static String text(Run run, Object value) {
        return value instanceof String text ? text : value instanceof Undefined ? "" : repr(run, value);
    }

    /** A value as it is printed inside a list. */
    static String repr(Run run, Object value) {
        StringBuilder out = new StringBuilder();
        append(run, out, value);
        return out.toString();
    }

    private static void append(Run run, StringBuilder out, Object value) {
        run.charge(8);
        if (value instanceof String text) {
            run.charge(text.length());
            quote(out, text);
        } else if (value instanceof List<?> list) {
            boolean tuple = list instanceof Tuple;
            out.append(tuple ? '(' : '[');
            for (int i = 0; i < list.size(); i++) {
                out.append(i == 0 ? "" : ", ");
                append(run, out, list.get(i));
            }
            out.append(tuple ? (list.size() == 1 ? ",)" : ")") : "]");
        } else if (value instanceof Map<?, ?> map) {
            out.append('{');
            String separator = "";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(separator);
                append(run, out, entry.getKey());
                out.append(": ");
                append(run, out, entry.getValue());
                separator = ", ";
            }
            out.append('}');
        } else if (value == null) {
            out.append("None");
        } else if (value instanceof Boolean flag) {
            out.append(flag ? "True" : "False");
        } else if (value instanceof Double number) {
            out.append(number(number));
        } else if (value instanceof Long) {
            out.append(value);
        } else if (value instanceof Undefined) {
            out.append("Undefined");
        } else {
            throw new TemplateException("it prints a function or object");
        }
    }

    private static void quote(StringBuilder out, String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (printable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append(String.format(c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
                    }
                }
            }
        });
        out.append(quote);
    }

    private static boolean printable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /** The shortest decimal that reads back as the same number, in Python's notation. */
    static String number(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal exact = new BigDecimal(value);
        BigDecimal shortest = exact;
        for (int digits = 1; digits <= 17; digits++) {
            shortest = exact.round(new MathContext(digits));
            if (shortest.doubleValue() == value) {
                break;
            }
        }
        shortest = shortest.stripTrailingZeros();
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = shortest.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String digits = shortest.unscaledValue().abs().toString();
        String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
        String sign = exponent < 0 ? "-" : "+";
        return (value < 0 ? "-" : "") + digits.charAt(0) + fraction + "e" + sign + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }
}
