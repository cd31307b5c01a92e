package dev.engram.model.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** The object of {@code namespace(...)}: the one place a template may write to from inside a loop. */
final class Namespace implements HasAttributes {
    private final Map<String, Object> values = new HashMap<>();

    void set(String name, Object value) {
        if (name.startsWith("_")) {
            throw new TemplateException("the namespace attribute '" + name + "' begins with an underscore");
        }
        values.put(name, value);
    }

    @Override
    public Object attribute(String name) {
        return values.containsKey(name) ? values.get(name) : new Undefined("the namespace has no '" + name + "'");
    }
}
