package dev.engram.model.text.jinja;

/**
 * One token of a template.
 *
 * @param text the data, name or operator; for a string its value, escapes resolved
 * @param line the line it begins on, from 1
 */
record Token(Kind kind, String text, int line) {
    enum Kind {
        DATA,
        PRINT_BEGIN,
        PRINT_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind wanted) {
        return kind == wanted;
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    @Override
    public String toString() {
        return switch (kind) {
            case PRINT_END -> "}}";
            case BLOCK_END -> "%}";
            case END -> "the end of the template";
            default -> text;
        };
    }
}
