package dev.engram.model.text.jinja;

import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * A template in the part of the Jinja language that chat templates use, read as transformers sets Jinja up: blocks trim
 * their line (trim_blocks, lstrip_blocks), no escaping for HTML, {@code break} and {@code continue}, {@code tojson} that
 * keeps all characters, {@code raise_exception} and {@code strftime_now}.
 *
 * <p>Values are never read as template text. A template reaches nothing but the values given to it, cannot change them,
 * and ends with a fault when it runs or grows too long or nests too deep. Not there: include, import, extends and
 * block, recursive loops and {@code *args}, which are refused when the template is read, and rarely used filters and
 * methods, which are refused when they are reached.
 */
public final class Template {
    /** The largest published chat templates have 30 kB. */
    private static final int LONGEST = 1_000_000;

    private final List<Statement> body;

    private Template(List<Statement> body) {
        this.body = body;
    }

    /**
     * Reads a template.
     *
     * @throws TemplateException if it is malformed or uses what is not supported
     */
    public static Template parse(String source) {
        if (source.length() > LONGEST) {
            throw new TemplateException("it has " + source.length() + " characters, more than " + LONGEST);
        }
        try {
            return new Template(StatementParser.parse(source));
        } catch (StackOverflowError e) {
            throw new TemplateException("it is nested too deeply");
        }
    }

    /**
     * Renders the template.
     *
     * @param variables by name: null (none), Boolean, Long, Double, String, and List and Map of these
     * @param clock for {@code strftime_now}
     * @throws TemplateException if the template fails, refuses, or takes too much
     */
    public String render(Map<String, Object> variables, Clock clock) {
        Run run = new Run(clock, size(variables));
        Scope scope = Scope.of(run, variables);
        try {
            return run.capture(() -> Statement.all(body, scope));
        } catch (StackOverflowError e) {
            throw new TemplateException("it nests values or calls too deeply");
        }
    }

    private static long size(Object value) {
        if (value instanceof String text) {
            return text.length();
        }
        if (value instanceof Map<?, ?> map) {
            return Run.ELEMENT + size(map.values());
        }
        long size = Run.ELEMENT;
        if (value instanceof Collection<?> collection) {
            for (Object element : collection) {
                size += size(element);
            }
        }
        return size;
    }
}
