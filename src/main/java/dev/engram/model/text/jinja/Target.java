package dev.engram.model.text.jinja;

import java.util.Iterator;
import java.util.List;

/** What a value can be given to: a name, an attribute of a namespace, or several of these. */
interface Target {
    void assign(Scope scope, Object value);

    static Target name(String name) {
        return (scope, value) -> scope.set(name, value);
    }

    static Target attribute(String name, String attribute) {
        return (scope, value) -> {
            if (!(scope.get(name) instanceof Namespace namespace)) {
                throw new TemplateException("'" + name + "' is no namespace, so its attributes cannot be set");
            }
            namespace.set(attribute, value);
        };
    }

    static Target several(List<Target> targets) {
        return (scope, value) -> {
            Iterator<Object> values = Values.unpack(scope.run, value, targets.size());
            targets.forEach(target -> target.assign(scope, values.next()));
        };
    }
}
