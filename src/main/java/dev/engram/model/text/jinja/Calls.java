package dev.engram.model.text.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The arguments of a call as written, and the expressions that use them. */
record Calls(List<Expression> places, Map<String, Expression> names) {
    static final Calls NONE = new Calls(List.of(), Map.of());

    private Args eval(Scope scope) {
        scope.run.charge(1);
        List<Object> values = new ArrayList<>();
        for (Expression place : places) {
            values.add(place.eval(scope));
        }
        Map<String, Object> named = new HashMap<>();
        names.forEach((name, value) -> named.put(name, value.eval(scope)));
        return new Args(values, named);
    }

    Expression call(Expression function) {
        return scope -> invoke(scope.run, function.eval(scope), eval(scope));
    }

    /** The same call with {@code caller} added, for a call block. */
    Expression call(Expression function, java.util.function.Function<Scope, Callable> caller) {
        return scope -> {
            Args args = eval(scope);
            Map<String, Object> named = new HashMap<>(args.names());
            named.put("caller", caller.apply(scope));
            return invoke(scope.run, function.eval(scope), new Args(args.places(), named));
        };
    }

    private static Object invoke(Run run, Object function, Args args) {
        if (function instanceof Callable callable) {
            return callable.call(run, args);
        }
        if (function instanceof Undefined missing) {
            throw missing.fault();
        }
        throw new TemplateException(Values.typeName(function) + " cannot be called");
    }

    Expression filter(String name, Expression value) {
        return scope -> Filters.apply(scope.run, name, value.eval(scope), eval(scope));
    }

    Expression test(String name, Expression value) {
        return scope -> Tests.holds(scope.run, name, value.eval(scope), eval(scope));
    }
}
