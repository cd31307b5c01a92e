package dev.engram.model.text.jinja;

import java.util.List;

/** The expressions made of operators. Each evaluation is charged one step. */
final class Operators {
    private Operators() {}

    /** One link of a comparison chain: {@code < right}. */
    record Link(String operator, Expression right) {}

    static Expression arithmetic(String operator, Expression a, Expression b) {
        return scope -> {
            scope.run.charge(1);
            return Arithmetic.apply(scope.run, operator, a.eval(scope), b.eval(scope));
        };
    }

    static Expression concat(List<Expression> parts) {
        return scope -> {
            StringBuilder text = new StringBuilder();
            for (Expression part : parts) {
                text.append(scope.run.made(Repr.text(scope.run, part.eval(scope))));
            }
            return text.toString();
        };
    }

    static Expression and(Expression a, Expression b) {
        return scope -> {
            scope.run.charge(1);
            Object left = a.eval(scope);
            return Values.truth(left) ? b.eval(scope) : left;
        };
    }

    static Expression or(Expression a, Expression b) {
        return scope -> {
            scope.run.charge(1);
            Object left = a.eval(scope);
            return Values.truth(left) ? left : b.eval(scope);
        };
    }

    static Expression not(Expression a) {
        return scope -> {
            scope.run.charge(1);
            return !Values.truth(a.eval(scope));
        };
    }

    /** {@code a < b == c} holds if each neighbouring pair does. */
    static Expression chain(Expression first, List<Link> links) {
        return scope -> {
            Object left = first.eval(scope);
            for (Link link : links) {
                Object right = link.right.eval(scope);
                if (!holds(scope.run, link.operator, left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        };
    }

    private static boolean holds(Run run, String operator, Object a, Object b) {
        return switch (operator) {
            case "==" -> Values.equal(run, a, b);
            case "!=" -> !Values.equal(run, a, b);
            case "<" -> Values.compare(run, a, b) < 0;
            case "<=" -> Values.compare(run, a, b) <= 0;
            case ">" -> Values.compare(run, a, b) > 0;
            case ">=" -> Values.compare(run, a, b) >= 0;
            case "in" -> Values.contains(run, b, a);
            default -> !Values.contains(run, b, a);
        };
    }
}
