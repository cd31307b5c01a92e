package dev.engram.model.text.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The arguments of a call: by place and by name. */
record Args(List<Object> places, Map<String, Object> names) {
    static final Args NONE = new Args(List.of(), Map.of());

    /**
     * Gives each argument its parameter's name.
     *
     * @throws TemplateException if there are too many, or one has no parameter, or two have the same
     */
    Bound bind(String function, String... parameters) {
        if (places.size() > parameters.length) {
            throw new TemplateException(function + " takes at most " + parameters.length + " arguments");
        }
        Map<String, Object> values = new HashMap<>();
        for (int i = 0; i < places.size(); i++) {
            values.put(parameters[i], places.get(i));
        }
        names.forEach((name, value) -> {
            if (!List.of(parameters).contains(name) || values.containsKey(name)) {
                throw new TemplateException(function + " cannot take the argument '" + name + "'");
            }
            values.put(name, value);
        });
        return new Bound(function, values);
    }

    /** Arguments under their parameters' names. */
    record Bound(String function, Map<String, Object> values) {
        boolean has(String name) {
            return values.containsKey(name);
        }

        Object get(String name, Object otherwise) {
            return values.getOrDefault(name, otherwise);
        }

        Object require(String name) {
            if (!has(name)) {
                throw new TemplateException(function + " needs the argument '" + name + "'");
            }
            return values.get(name);
        }

        boolean flag(String name) {
            return has(name) && Values.truth(values.get(name));
        }

        int integer(String name, int otherwise) {
            Object value = get(name, (long) otherwise);
            if (value instanceof Boolean flag) {
                return flag ? 1 : 0;
            }
            if (value instanceof Long number) {
                return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, number));
            }
            throw new TemplateException(function + " needs a whole number as '" + name + "'");
        }

        String text(String name) {
            if (require(name) instanceof String text) {
                return text;
            }
            throw new TemplateException(function + " needs a text as '" + name + "'");
        }
    }
}
