package dev.engram.model.text.jinja;

/** A template cannot be read or rendered; the message is one sentence without a full stop. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int line;
    private final boolean raised;

    TemplateException(String message) {
        this(message, 0, false, null);
    }

    TemplateException(String message, int line) {
        this(message, line, false, null);
    }

    private TemplateException(String message, int line, boolean raised, Throwable cause) {
        super(message, cause);
        this.line = line;
        this.raised = raised;
    }

    /** The template itself refuses, with its own words. */
    static TemplateException raisedByTemplate(String message) {
        return new TemplateException(message, 0, true, null);
    }

    /** The same fault with the line it belongs to, if none is known yet. */
    TemplateException at(int where) {
        return line > 0 ? this : new TemplateException(getMessage(), where, raised, this);
    }

    /** The line of the template, from 1; 0 if unknown. */
    public int line() {
        return line;
    }

    /** Whether the template called {@code raise_exception}. */
    public boolean raised() {
        return raised;
    }
}
