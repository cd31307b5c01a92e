package dev.engram.model.text.jinja;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.IntPredicate;

/** Python's methods of texts that templates use. */
final class TextMethods {
    private TextMethods() {}

    /** The method of this name, bound to a text; null if there is none. */
    static Callable of(String text, String name) {
        return switch (name) {
            case "strip" -> stripping(text, name, true, true);
            case "lstrip" -> stripping(text, name, true, false);
            case "rstrip" -> stripping(text, name, false, true);
            case "startswith", "endswith" -> (run, args) -> affix(text, name, args);
            case "removeprefix", "removesuffix" -> (run, args) -> without(text, name, args);
            case "split", "rsplit" -> (run, args) -> split(run, text, name, args);
            case "splitlines" ->
                (run, args) ->
                        run.made(Text.lines(text, args.bind(name, "keepends").flag("keepends")));
            case "upper" -> changing(name, text, t -> t.toUpperCase(Locale.ROOT));
            case "lower", "casefold" -> changing(name, text, t -> t.toLowerCase(Locale.ROOT));
            case "title" -> changing(name, text, Text::title);
            case "capitalize" -> changing(name, text, Text::capitalize);
            case "replace" ->
                (run, args) -> {
                    Args.Bound bound = args.bind(name, "old", "new", "count");
                    return replace(run, text, bound.text("old"), bound.text("new"), bound.integer("count", -1));
                };
            case "find", "rfind", "index", "rindex", "count" -> (run, args) -> search(run, text, name, args);
            case "join" ->
                (run, args) -> join(
                        run,
                        text,
                        Values.elements(run, args.bind(name, "iterable").require("iterable")),
                        true);
            case "format" -> (run, args) -> format(run, text, args);
            case "partition", "rpartition" -> (run, args) -> partition(run, text, name, args);
            case "zfill" -> (run, args) -> zfill(run, text, args);
            case "isdigit", "isdecimal", "isnumeric" -> all(name, text, Character::isDigit);
            case "isalpha" -> all(name, text, Character::isLetter);
            case "isalnum" -> all(name, text, Character::isLetterOrDigit);
            case "isspace" -> all(name, text, Text::isSpace);
            case "isupper" -> changing(name, text, TextMethods::isUpper);
            case "islower" -> changing(name, text, TextMethods::isLower);
            default -> null;
        };
    }

    static boolean isUpper(String text) {
        return text.equals(text.toUpperCase(Locale.ROOT)) && !text.equals(text.toLowerCase(Locale.ROOT));
    }

    static boolean isLower(String text) {
        return text.equals(text.toLowerCase(Locale.ROOT)) && !text.equals(text.toUpperCase(Locale.ROOT));
    }

    /** A method without arguments. */
    private static Callable changing(String name, String text, Function<String, Object> method) {
        return (run, args) -> {
            args.bind(name);
            run.charge(2L * text.length());
            return method.apply(text);
        };
    }

    private static Callable all(String name, String text, IntPredicate kind) {
        return changing(name, text, t -> !t.isEmpty() && t.codePoints().allMatch(kind));
    }

    private static Callable stripping(String text, String name, boolean start, boolean end) {
        return (run, args) -> {
            run.charge(text.length());
            return strip(text, args.bind(name, "chars").get("chars", null), start, end);
        };
    }

    /** Strips white space, or the characters given as a text. */
    static String strip(String text, Object characters, boolean start, boolean end) {
        if (characters == null) {
            String left = start ? Text.stripStart(text) : text;
            return end ? Text.stripEnd(left) : left;
        }
        if (characters instanceof String given) {
            return Text.strip(text, given, start, end);
        }
        throw new TemplateException("characters to strip are given as a text, not " + Values.typeName(characters));
    }

    private static boolean affix(String text, String name, Args args) {
        Object wanted = args.bind(name, "affix").require("affix");
        for (Object one : wanted instanceof Tuple several ? several : List.of(wanted == null ? "" : wanted)) {
            if (!(one instanceof String affix) || wanted == null) {
                throw new TemplateException(name + " needs a text, not " + Values.typeName(wanted));
            }
            if (name.equals("startswith") ? text.startsWith(affix) : text.endsWith(affix)) {
                return true;
            }
        }
        return false;
    }

    private static String without(String text, String name, Args args) {
        String affix = args.bind(name, "affix").text("affix");
        if (name.equals("removeprefix")) {
            return text.startsWith(affix) ? text.substring(affix.length()) : text;
        }
        return text.endsWith(affix) ? text.substring(0, text.length() - affix.length()) : text;
    }

    private static Object split(Run run, String text, String name, Args args) {
        Args.Bound bound = args.bind(name, "sep", "maxsplit");
        int most = bound.integer("maxsplit", -1);
        run.charge(text.length());
        if (bound.get("sep", null) == null) {
            if (name.equals("rsplit") && most >= 0) {
                throw new TemplateException("rsplit at white space with a limit is not supported");
            }
            return run.made(Text.splitAtSpace(text, most));
        }
        String separator = bound.text("sep");
        if (separator.isEmpty()) {
            throw new TemplateException(name + " needs a separator that is not empty");
        }
        run.charge((long) Text.count(text, separator) * Run.ELEMENT);
        return Text.split(text, separator, most, name.equals("rsplit"));
    }

    static String replace(Run run, String text, String old, String fresh, int most) {
        run.charge(text.length());
        int count = Text.count(text, old);
        count = most < 0 ? count : Math.min(most, count);
        run.charge((long) count * fresh.length());
        if (most < 0 && !old.isEmpty()) {
            return text.replace(old, fresh);
        }
        StringBuilder out = new StringBuilder();
        int at = 0;
        for (int i = 0; i < count; i++) {
            if (old.isEmpty()) { // before each character, and at the end
                out.append(fresh);
                if (at < text.length()) {
                    int character = text.codePointAt(at);
                    out.appendCodePoint(character);
                    at += Character.charCount(character);
                }
            } else {
                int next = text.indexOf(old, at);
                out.append(text, at, next).append(fresh);
                at = next + old.length();
            }
        }
        return out.append(text.substring(at)).toString();
    }

    private static Object search(Run run, String text, String name, Args args) {
        String part = args.bind(name, "sub").text("sub");
        run.charge(text.length());
        if (name.equals("count")) {
            return (long) Text.count(text, part);
        }
        int at = name.startsWith("r") ? text.lastIndexOf(part) : text.indexOf(part);
        if (at < 0 && name.endsWith("index")) {
            throw new TemplateException(name + " does not find the text it looks for");
        }
        return at < 0 ? -1L : (long) text.codePointCount(0, at);
    }

    /** Joins elements; {@code strict} allows texts only, as the method does and the filter does not. */
    static String join(Run run, String separator, List<Object> elements, boolean strict) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < elements.size(); i++) {
            Object element = elements.get(i);
            if (strict && !(element instanceof String)) {
                throw new TemplateException("join needs texts, not " + Values.typeName(element));
            }
            String text = Repr.text(run, element);
            run.charge((long) text.length() + separator.length());
            out.append(i == 0 ? "" : separator).append(text);
        }
        return out.toString();
    }

    /** Fills {@code {}}, {@code {0}} and {@code {name}}; attributes and format codes inside are not supported. */
    private static Object format(Run run, String text, Args args) {
        StringBuilder out = new StringBuilder();
        int next = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean brace = c == '{' || c == '}';
            if (!brace || text.startsWith(c == '{' ? "{{" : "}}", i)) {
                out.append(c);
                i += brace ? 1 : 0;
                continue;
            }
            int end = c == '{' ? text.indexOf('}', i) : -1;
            String field = end < 0 ? "}" : text.substring(i + 1, end);
            Object value = null;
            if (field.matches("\\d{0,4}")) {
                int place = field.isEmpty() ? next++ : Integer.parseInt(field);
                value = place < args.places().size() ? args.places().get(place) : new Undefined("");
            } else {
                value = args.names().getOrDefault(field, new Undefined(""));
            }
            if (value instanceof Undefined) {
                throw new TemplateException("format has no value for '{" + field + "}'");
            }
            out.append(run.made(Repr.text(run, value)));
            i = end;
        }
        return run.made(out.toString());
    }

    private static Object partition(Run run, String text, String name, Args args) {
        String separator = args.bind(name, "sep").text("sep");
        run.charge(text.length());
        boolean last = name.startsWith("r");
        int at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
        if (at < 0) {
            return last ? Tuple.of("", "", text) : Tuple.of(text, "", "");
        }
        return Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }

    private static Object zfill(Run run, String text, Args args) {
        int zeros = args.bind("zfill", "width").integer("width", 0) - Values.length(text);
        run.charge(Math.max(0, zeros));
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String sign = signed ? text.substring(0, 1) : "";
        return sign + "0".repeat(Math.max(0, zeros)) + text.substring(sign.length());
    }
}
