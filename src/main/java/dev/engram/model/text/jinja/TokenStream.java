package dev.engram.model.text.jinja;

import dev.engram.model.text.jinja.Token.Kind;
import java.util.List;

/** The tokens of a template with a place in them. */
final class TokenStream {
    private static final int DEEPEST_NESTING = 100;

    private final List<Token> tokens;
    private int at;
    private int depth;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    /** The token after the current one. */
    Token following() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    int line() {
        return current().line();
    }

    Token next() {
        Token token = current();
        if (at < tokens.size() - 1) {
            at++;
        }
        return token;
    }

    boolean skipName(String name) {
        return skipIf(current().isName(name));
    }

    boolean skipOperator(String operator) {
        return skipIf(current().isOperator(operator));
    }

    private boolean skipIf(boolean matches) {
        if (matches) {
            next();
        }
        return matches;
    }

    Token expect(Kind kind) {
        if (!current().is(kind)) {
            throw unexpected(
                    switch (kind) {
                        case NAME -> "a name";
                        case BLOCK_END -> "%}";
                        case PRINT_END -> "}}";
                        default -> kind.name();
                    });
        }
        return next();
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("'" + name + "'");
        }
    }

    TemplateException unexpected(String wanted) {
        return new TemplateException("'" + current() + "' stands where " + wanted + " belongs", line());
    }

    /** Goes one level deeper; a template nested without end must not overflow the stack. */
    void enter() {
        if (++depth > DEEPEST_NESTING) {
            throw new TemplateException("it is nested more than " + DEEPEST_NESTING + " levels deep", line());
        }
    }

    void leave() {
        depth--;
    }
}
