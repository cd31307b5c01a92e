package dev.engram.model.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Python's view of texts: characters are code points, and white space is what Python calls so. */
final class Text {
    private Text() {}

    static boolean isSpace(int c) {
        return Character.isWhitespace(c) || c == 0x85 || c == 0xA0 || c == 0x2007 || c == 0x202F;
    }

    static String strip(String text) {
        return stripEnd(stripStart(text));
    }

    static String stripStart(String text) {
        int begin = 0;
        while (begin < text.length() && isSpace(text.charAt(begin))) {
            begin++;
        }
        return text.substring(begin);
    }

    static String stripEnd(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    /** Strips any of the given characters at the sides asked for. */
    static String strip(String text, String characters, boolean start, boolean stop) {
        int begin = 0;
        int end = text.length();
        while (start && begin < end && characters.indexOf(text.codePointAt(begin)) >= 0) {
            begin += Character.charCount(text.codePointAt(begin));
        }
        while (stop && end > begin && characters.indexOf(text.codePointBefore(end)) >= 0) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return text.substring(begin, end);
    }

    /** The characters from one place to another, counted in code points. */
    static String slice(String text, int from, int to) {
        int begin = text.offsetByCodePoints(0, from);
        return text.substring(begin, text.offsetByCodePoints(begin, to - from));
    }

    /** Order by code points (Java's own order is by 16-bit units). */
    static int compare(String a, String b) {
        int i = 0;
        while (i < a.length() && i < b.length() && a.charAt(i) == b.charAt(i)) {
            i++;
        }
        if (i == a.length() || i == b.length()) {
            return Integer.compare(a.length(), b.length());
        }
        boolean pairs = Character.isSurrogate(a.charAt(i)) && Character.isSurrogate(b.charAt(i));
        return pairs || !Character.isSurrogate(a.charAt(i)) && !Character.isSurrogate(b.charAt(i))
                ? Character.compare(a.charAt(i), b.charAt(i))
                : Character.isSurrogate(a.charAt(i)) ? 1 : -1;
    }

    /** Splits at a separator, at most so many times (-1: no limit), counted from the end if so asked. */
    static List<Object> split(String text, String separator, int most, boolean fromEnd) {
        List<Object> parts = new ArrayList<>();
        if (fromEnd) {
            int end = text.length();
            for (int at = text.lastIndexOf(separator, end - separator.length());
                    at >= 0 && parts.size() != most;
                    at = text.lastIndexOf(separator, end - separator.length())) {
                parts.add(text.substring(at + separator.length(), end));
                end = at;
            }
            parts.add(text.substring(0, end));
            Collections.reverse(parts);
            return parts;
        }
        int begin = 0;
        for (int at = text.indexOf(separator); at >= 0 && parts.size() != most; at = text.indexOf(separator, begin)) {
            parts.add(text.substring(begin, at));
            begin = at + separator.length();
        }
        parts.add(text.substring(begin));
        return parts;
    }

    /** Splits at runs of white space; none at the ends. */
    static List<Object> splitAtSpace(String text, int most) {
        List<Object> parts = new ArrayList<>();
        int begin = 0;
        while (true) {
            while (begin < text.length() && isSpace(text.charAt(begin))) {
                begin++;
            }
            if (begin == text.length()) {
                return parts;
            }
            if (parts.size() == most) {
                parts.add(stripEnd(text.substring(begin)));
                return parts;
            }
            int end = begin;
            while (end < text.length() && !isSpace(text.charAt(end))) {
                end++;
            }
            parts.add(text.substring(begin, end));
            begin = end;
        }
    }

    static List<Object> lines(String text, boolean keepEnds) {
        List<Object> lines = new ArrayList<>();
        int begin = 0;
        for (int i = 0; i < text.length(); i++) {
            if ("\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029".indexOf(text.charAt(i)) >= 0) {
                int next = text.startsWith("\r\n", i) ? i + 2 : i + 1;
                lines.add(text.substring(begin, keepEnds ? next : i));
                begin = next;
                i = next - 1;
            }
        }
        if (begin < text.length()) {
            lines.add(text.substring(begin));
        }
        return lines;
    }

    /** First letter of each word large, the others small. */
    static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            out.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = Character.isLetter(c);
        }
        return out.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        String rest = text.substring(Character.charCount(first));
        return Character.toString(Character.toTitleCase(first)) + rest.toLowerCase(java.util.Locale.ROOT);
    }

    /** How often a part occurs, without overlap. */
    static int count(String text, String part) {
        if (part.isEmpty()) {
            return text.codePointCount(0, text.length()) + 1;
        }
        int count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }
}
