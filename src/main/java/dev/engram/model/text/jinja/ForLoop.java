package dev.engram.model.text.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * A for loop. What its body sets is gone in the next round.
 *
 * @param condition tells which elements are visited; null for all
 * @param otherwise runs if there is nothing to visit
 */
record ForLoop(Target target, Expression values, Expression condition, List<Statement> body, List<Statement> otherwise)
        implements Statement {

    @Override
    public Flow run(Scope scope) {
        List<Object> elements = Values.elements(scope.run, values.eval(scope));
        if (condition != null) {
            elements = chosen(scope, elements);
        }
        if (elements.isEmpty()) {
            return Statement.all(otherwise, scope.inner());
        }
        Loop loop = new Loop(elements);
        while (loop.next()) {
            Scope round = scope.inner();
            round.set("loop", loop);
            target.assign(round, loop.current());
            if (Statement.all(body, round) == Flow.BREAK) {
                break;
            }
        }
        return Flow.NEXT;
    }

    private List<Object> chosen(Scope scope, List<Object> elements) {
        List<Object> chosen = new ArrayList<>();
        for (Object element : elements) {
            Scope round = scope.inner();
            target.assign(round, element);
            if (Values.truth(condition.eval(round))) {
                chosen.add(element);
            }
        }
        return chosen;
    }
}
