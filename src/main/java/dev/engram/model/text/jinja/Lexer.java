package dev.engram.model.text.jinja;

import dev.engram.model.text.jinja.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens with Jinja's white space rules under trim_blocks and lstrip_blocks: the line end after a
 * block or comment goes, blanks before one that begins its line go, {@code -} at a tag removes all white space on its
 * side, and {@code +} keeps it. One line end at the end of the template goes too.
 */
final class Lexer {
    private static final Pattern RAW = Pattern.compile("\\s*raw\\s*(-%}|%})");
    private static final Pattern END_RAW = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%}");
    private static final Pattern FLOAT =
            Pattern.compile("(?<!\\.)(\\d+_)*\\d+((\\.(\\d+_)*\\d+)?[eE][+-]?(\\d+_)*\\d+|\\.(\\d+_)*\\d+)");
    private static final Pattern INTEGER =
            Pattern.compile("0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[0-9a-fA-F])+|[1-9](_?\\d)*|0(_?0)*");
    private static final List<String> OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
    private static final String SINGLE_OPERATORS = "+-/*%~[](){}<>=.:|,;";

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    /** Whether what was read last ended with a line end. */
    private boolean lineStarting = true;

    private Lexer(String source) {
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
    }

    static List<Token> tokens(String source) {
        Lexer lexer = new Lexer(source);
        lexer.root();
        lexer.add(Kind.END, "");
        return lexer.tokens;
    }

    private void root() {
        while (at < source.length()) {
            int tag = nextTag();
            if (tag < 0) {
                data(source.substring(at));
                advance(source.length());
                return;
            }
            char kind = source.charAt(tag + 1);
            char sign = signAt(tag + 2);
            data(beforeTag(source.substring(at, tag), sign, kind != '{'));
            advance(tag + (sign == 0 ? 2 : 3));
            lineStarting = false;
            if (kind == '#') {
                comment();
            } else if (kind == '{') {
                tag(Kind.PRINT_BEGIN, Kind.PRINT_END, "}}");
            } else {
                Matcher raw = RAW.matcher(source).region(at, source.length());
                if (raw.lookingAt()) {
                    raw(raw);
                } else {
                    tag(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}");
                }
            }
        }
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            if ("{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private char signAt(int index) {
        char c = index < source.length() ? source.charAt(index) : 0;
        return c == '-' || c == '+' ? c : 0;
    }

    private String beforeTag(String text, char sign, boolean block) {
        if (sign == '-') {
            return Text.stripEnd(text);
        }
        if (sign != '+' && block) {
            int lineBegin = text.lastIndexOf('\n') + 1;
            if ((lineBegin > 0 || lineStarting)
                    && Text.strip(text.substring(lineBegin)).isEmpty()) {
                return text.substring(0, lineBegin);
            }
        }
        return text;
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            add(Kind.DATA, text);
        }
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw new TemplateException("a comment is not closed by #}", line);
        }
        closeTag(end, end > at ? signAt(end - 1) : 0, true);
    }

    /** Steps behind a closing tag and over the white space that goes with it. */
    private void closeTag(int bracket, char sign, boolean trims) {
        int end = bracket + 2;
        if (sign == '-') {
            while (end < source.length() && Text.isSpace(source.charAt(end))) {
                end++;
            }
        } else if (trims && sign != '+' && end < source.length() && source.charAt(end) == '\n') {
            end++;
        }
        advance(end);
    }

    private void raw(Matcher begin) {
        closeTag(begin.end() - 2, begin.group(1).startsWith("-") ? '-' : 0, false);
        Matcher end = END_RAW.matcher(source);
        if (!end.find(at)) {
            throw new TemplateException("{% raw %} is not closed by {% endraw %}", line);
        }
        data(beforeTag(source.substring(at, end.start()), signOf(end.group(1)), true));
        closeTag(end.end() - 2, signOf(end.group(2)), true);
    }

    private static char signOf(String group) {
        return group.isEmpty() ? 0 : group.charAt(0);
    }

    private void tag(Kind begin, Kind end, String closing) {
        add(begin, "");
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            skipSpace();
            if (at >= source.length()) {
                throw new TemplateException("a tag is not closed by " + closing, line);
            }
            char sign = signAt(at);
            int bracket = sign == 0 ? at : at + 1;
            boolean block = end == Kind.BLOCK_END;
            if (open.isEmpty() && source.startsWith(closing, bracket) && (block || sign != '+')) {
                add(end, "");
                closeTag(bracket, sign, block);
                return;
            }
            one(open);
        }
    }

    private void skipSpace() {
        int end = at;
        while (end < source.length() && Text.isSpace(source.charAt(end))) {
            end++;
        }
        advance(end);
    }

    private void one(Deque<Character> open) {
        char c = source.charAt(at);
        if (c >= '0' && c <= '9') {
            number();
        } else if (c == '_' || Character.isUnicodeIdentifierStart(c)) {
            int end = at;
            while (end < source.length()
                    && (source.charAt(end) == '_' || Character.isUnicodeIdentifierPart(source.charAt(end)))) {
                end++;
            }
            take(Kind.NAME, end);
        } else if (c == '\'' || c == '"') {
            string(c);
        } else {
            String pair = source.substring(at, Math.min(source.length(), at + 2));
            if (!OPERATORS.contains(pair) && SINGLE_OPERATORS.indexOf(c) < 0) {
                throw new TemplateException("'" + c + "' does not belong into a tag", line);
            }
            balance(c, open);
            take(Kind.OPERATOR, at + (OPERATORS.contains(pair) ? 2 : 1));
        }
    }

    private void balance(char c, Deque<Character> open) {
        int opening = "{([".indexOf(c);
        if (opening >= 0) {
            open.push("})]".charAt(opening));
        } else if ("})]".indexOf(c) >= 0 && (open.isEmpty() || open.pop() != c)) {
            throw new TemplateException("'" + c + "' closes nothing", line);
        }
    }

    private void number() {
        Matcher fraction = FLOAT.matcher(source).region(at, source.length()).useTransparentBounds(true);
        if (fraction.lookingAt()) {
            take(Kind.FLOAT, fraction.end());
            return;
        }
        Matcher whole = INTEGER.matcher(source).region(at, source.length());
        if (!whole.lookingAt()) {
            throw new TemplateException("'" + source.charAt(at) + "' begins no number", line);
        }
        take(Kind.INTEGER, whole.end());
    }

    private void string(char quote) {
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw new TemplateException("a text is not closed by " + quote, line);
        }
        add(Kind.STRING, Literals.unescape(source.substring(at + 1, end)));
        advance(end + 1);
    }

    private void take(Kind kind, int end) {
        add(kind, source.substring(at, end));
        advance(end);
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, line));
    }

    private void advance(int to) {
        for (int i = at; i < to; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        if (to > at) {
            lineStarting = source.charAt(to - 1) == '\n';
        }
        at = to;
    }
}
