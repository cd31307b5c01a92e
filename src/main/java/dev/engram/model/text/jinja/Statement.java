package dev.engram.model.text.jinja;

import java.util.List;

/** A part of a template that does something. */
interface Statement {
    /** What follows: the next statement, the loop's end, or its next round. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    Flow run(Scope scope);

    /** The same, with each fault told at this line and each run charged. */
    default Statement at(int line) {
        return scope -> {
            try {
                scope.run.charge(1);
                return run(scope);
            } catch (TemplateException e) {
                throw e.at(line);
            }
        };
    }

    static Flow all(List<Statement> body, Scope scope) {
        for (Statement statement : body) {
            Flow flow = statement.run(scope);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }
}
