package dev.engram.model.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tests of {@code value is test}. */
final class Tests {
    private static final Set<String> NAMES = Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "number",
            "integer",
            "float",
            "boolean",
            "true",
            "false",
            "mapping",
            "sequence",
            "iterable",
            "callable",
            "odd",
            "even",
            "divisibleby",
            "in",
            "sameas",
            "lower",
            "upper",
            "eq",
            "equalto",
            "==",
            "ne",
            "!=",
            "lt",
            "lessthan",
            "<",
            "le",
            "<=",
            "gt",
            "greaterthan",
            ">",
            "ge",
            ">=");

    private Tests() {}

    static boolean holds(Run run, String name, Object value, Args args) {
        run.charge(1);
        if (!NAMES.contains(name)) {
            throw new TemplateException("the test '" + name + "' is not supported");
        }
        switch (name) {
            case "divisibleby",
                    "in",
                    "sameas",
                    "eq",
                    "equalto",
                    "==",
                    "ne",
                    "!=",
                    "lt",
                    "lessthan",
                    "<",
                    "le",
                    "<=",
                    "gt",
                    "greaterthan",
                    ">",
                    "ge",
                    ">=" -> {
                return holds(
                        run,
                        name,
                        value,
                        args.bind("the test '" + name + "'", "other").require("other"));
            }
            default -> args.bind("the test '" + name + "'");
        }
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == null;
            case "string" -> value instanceof String;
            case "number" -> Values.isNumber(value);
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "mapping" -> value instanceof Map;
            case "sequence", "iterable" ->
                value instanceof String || value instanceof List || value instanceof Map || value instanceof Undefined;
            case "callable" -> value instanceof Callable;
            case "odd" -> Values.equal(run, Arithmetic.apply(run, "%", value, 2L), 1L);
            case "even" -> Values.equal(run, Arithmetic.apply(run, "%", value, 2L), 0L);
            case "lower" -> TextMethods.isLower(Repr.text(run, value));
            case "upper" -> TextMethods.isUpper(Repr.text(run, value));
            default -> throw new IllegalStateException(name);
        };
    }

    private static boolean holds(Run run, String name, Object value, Object other) {
        return switch (name) {
            case "divisibleby" -> Values.equal(run, Arithmetic.apply(run, "%", value, other), 0L);
            case "in" -> Values.contains(run, other, value);
            case "sameas" ->
                value == other
                        || Values.isNumber(value) && value.equals(other)
                        || value instanceof String && value.equals(other);
            case "eq", "equalto", "==" -> Values.equal(run, value, other);
            case "ne", "!=" -> !Values.equal(run, value, other);
            case "lt", "lessthan", "<" -> Values.compare(run, value, other) < 0;
            case "le", "<=" -> Values.compare(run, value, other) <= 0;
            case "gt", "greaterthan", ">" -> Values.compare(run, value, other) > 0;
            default -> Values.compare(run, value, other) >= 0;
        };
    }
}
