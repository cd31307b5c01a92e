package dev.engram.model.text.jinja;

import java.util.List;
import java.util.Map;

/**
 * A macro: a part of the template with parameters; calling it gives the text it prints.
 *
 * @param defaults for the last parameters, evaluated at each call where the macro stands
 */
record Macro(String name, List<String> parameters, List<Expression> defaults, List<Statement> body, Scope home)
        implements Callable, HasAttributes {
    private static final String CALLER = "caller";

    @Override
    public Object call(Run run, Args args) {
        Scope scope = home.inner();
        Object caller = args.names().get(CALLER);
        Args own = args;
        if (caller != null && !parameters.contains(CALLER)) {
            scope.set(CALLER, caller);
            Map<String, Object> names = new java.util.HashMap<>(args.names());
            names.remove(CALLER);
            own = new Args(args.places(), names);
        }
        Args.Bound bound = own.bind("the macro '" + name + "'", parameters.toArray(new String[0]));
        int firstDefault = parameters.size() - defaults.size();
        for (int i = 0; i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            Object value = bound.has(parameter)
                    ? bound.values().get(parameter)
                    : i >= firstDefault
                            ? defaults.get(i - firstDefault).eval(scope)
                            : new Undefined("the parameter '" + parameter + "' was not given");
            scope.set(parameter, value);
        }
        run.enter();
        try {
            return run.capture(() -> Statement.all(body, scope));
        } finally {
            run.leave();
        }
    }

    @Override
    public Object attribute(String attribute) {
        return attribute.equals("name") ? name : new Undefined("a macro has no attribute '" + attribute + "'");
    }
}
