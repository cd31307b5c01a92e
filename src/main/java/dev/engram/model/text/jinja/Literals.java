package dev.engram.model.text.jinja;

/** The values of string and number literals, by Python's rules. */
final class Literals {
    private static final String SIMPLE = "abfnrtv\\'\"";
    private static final String MEANING = "\u0007\b\f\n\r\t\u000b\\'\"";

    private Literals() {}

    static String unescape(String raw) {
        if (raw.indexOf('\\') < 0) {
            return raw;
        }
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < raw.length()) {
            char c = raw.charAt(i++);
            if (c != '\\' || i >= raw.length()) {
                out.append(c);
                continue;
            }
            char escape = raw.charAt(i++);
            int simple = SIMPLE.indexOf(escape);
            int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
            if (simple >= 0) {
                out.append(MEANING.charAt(simple));
            } else if (digits > 0) {
                out.appendCodePoint(codePoint(raw, i, digits));
                i += digits;
            } else if (escape >= '0' && escape <= '7') {
                int value = 0;
                i--;
                for (int n = 0; n < 3 && i < raw.length() && raw.charAt(i) >= '0' && raw.charAt(i) <= '7'; n++) {
                    value = value * 8 + raw.charAt(i++) - '0';
                }
                out.append((char) value);
            } else if (escape != '\n') { // a backslash at the end of a line joins the lines
                out.append('\\').append(escape);
            }
        }
        return out.toString();
    }

    private static int codePoint(String raw, int from, int digits) {
        try {
            int value = Integer.parseInt(raw.substring(from, from + digits), 16);
            if (Character.isValidCodePoint(value)) {
                return value;
            }
        } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
            // told below
        }
        throw new TemplateException("a text has a broken escape sequence");
    }

    static Long integer(String text) {
        String digits = text.replace("_", "");
        int radix = digits.length() < 2
                ? 10
                : switch (Character.toLowerCase(digits.charAt(1))) {
                    case 'x' -> 16;
                    case 'o' -> 8;
                    case 'b' -> 2;
                    default -> 10;
                };
        try {
            return Long.parseLong(radix == 10 ? digits : digits.substring(2), radix);
        } catch (NumberFormatException e) {
            throw new TemplateException("the number " + text + " is too large");
        }
    }

    static Double real(String text) {
        return Double.parseDouble(text.replace("_", ""));
    }
}
