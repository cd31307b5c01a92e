package dev.engram.model.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** Variables by name; a name that is not here is looked for in the scope around. */
final class Scope {
    final Run run;
    private final Scope outer;
    private final Map<String, Object> variables = new HashMap<>();

    private Scope(Run run, Scope outer) {
        this.run = run;
        this.outer = outer;
    }

    static Scope of(Run run, Map<String, Object> variables) {
        Scope globals = new Scope(run, null);
        globals.variables.putAll(Globals.functions());
        Scope scope = new Scope(run, globals);
        scope.variables.putAll(variables);
        return scope;
    }

    Scope inner() {
        run.charge(Run.ELEMENT);
        return new Scope(run, this);
    }

    void set(String name, Object value) {
        variables.put(name, value);
    }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            Object value = scope.variables.get(name);
            if (value != null || scope.variables.containsKey(name)) {
                return value;
            }
        }
        return Undefined.name(name);
    }
}
