package dev.engram.model.text.jinja;

import dev.engram.model.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads expressions. Precedence from loose to tight: if-else; or; and; not; comparisons and in; + -; ~; * / // %; **;
 * signs; then filters and tests; then calls, attributes and subscripts.
 */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    /** Operators in a row; each nests one level in the tree that is evaluated. */
    private static final int LONGEST_CHAIN = 1000;

    private final TokenStream in;

    ExpressionParser(TokenStream in) {
        this.in = in;
    }

    Expression expression() {
        in.enter();
        Expression value = or();
        while (in.skipName("if")) {
            Expression chosen = value;
            Expression condition = or();
            Expression otherwise = in.skipName("else")
                    ? expression()
                    : scope -> new Undefined("the inline if was false and has no else");
            value = scope -> {
                scope.run.charge(1);
                return Values.truth(condition.eval(scope)) ? chosen.eval(scope) : otherwise.eval(scope);
            };
        }
        in.leave();
        return value;
    }

    /** An expression, or several with commas between, which make a tuple. */
    Expression tuple(boolean conditional) {
        List<Expression> elements = new ArrayList<>();
        boolean several = false;
        while (elements.isEmpty() || several && !endsTuple()) {
            elements.add(conditional ? expression() : or());
            if (!in.skipOperator(",")) {
                break;
            }
            several = true;
        }
        return several ? tupleOf(elements) : elements.get(0);
    }

    private boolean endsTuple() {
        Token token = in.current();
        return token.is(Kind.PRINT_END) || token.is(Kind.BLOCK_END) || token.isOperator(")");
    }

    private static Expression tupleOf(List<Expression> elements) {
        Expression list = listOf(elements);
        return scope -> new Tuple((List<Object>) elements(list.eval(scope)));
    }

    @SuppressWarnings("unchecked")
    private static List<Object> elements(Object list) {
        return (List<Object>) list;
    }

    private static Expression listOf(List<Expression> elements) {
        return scope -> {
            List<Object> values = new ArrayList<>();
            for (Expression element : elements) {
                values.add(element.eval(scope));
            }
            return scope.run.made(values);
        };
    }

    private Expression or() {
        Expression left = and();
        for (int i = 0; in.skipName("or"); i++) {
            left = Operators.or(left, limited(i, and()));
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        for (int i = 0; in.skipName("and"); i++) {
            left = Operators.and(left, limited(i, not()));
        }
        return left;
    }

    private Expression not() {
        if (!in.skipName("not")) {
            return comparison();
        }
        in.enter();
        Expression value = Operators.not(not());
        in.leave();
        return value;
    }

    private Expression comparison() {
        Expression first = sum();
        List<Operators.Link> links = new ArrayList<>();
        while (true) {
            Token token = in.current();
            if (token.is(Kind.OPERATOR) && COMPARISONS.contains(token.text())) {
                in.next();
                links.add(new Operators.Link(token.text(), sum()));
            } else if (in.skipName("in")) {
                links.add(new Operators.Link("in", sum()));
            } else if (token.isName("not") && in.following().isName("in")) {
                in.next();
                in.next();
                links.add(new Operators.Link("not in", sum()));
            } else {
                return links.isEmpty() ? first : Operators.chain(first, links);
            }
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        for (int i = 0; in.current().isOperator("+") || in.current().isOperator("-"); i++) {
            String operator = in.next().text();
            left = Operators.arithmetic(operator, left, limited(i, concatenation()));
        }
        return left;
    }

    private Expression concatenation() {
        List<Expression> parts = new ArrayList<>(List.of(product()));
        while (in.skipOperator("~")) {
            parts.add(product());
        }
        return parts.size() == 1 ? parts.get(0) : Operators.concat(parts);
    }

    private Expression product() {
        Expression left = power();
        for (int i = 0;
                in.current().is(Kind.OPERATOR)
                        && List.of("*", "/", "//", "%").contains(in.current().text());
                i++) {
            String operator = in.next().text();
            left = Operators.arithmetic(operator, left, limited(i, power()));
        }
        return left;
    }

    private Expression power() {
        Expression left = signed(true);
        for (int i = 0; in.skipOperator("**"); i++) {
            left = Operators.arithmetic("**", left, limited(i, signed(true)));
        }
        return left;
    }

    private Expression signed(boolean withFilters) {
        Expression value;
        if (in.skipOperator("-")) {
            in.enter();
            Expression negated = signed(false);
            value = scope -> Arithmetic.negate(negated.eval(scope));
            in.leave();
        } else if (in.skipOperator("+")) {
            in.enter();
            value = Operators.arithmetic("+", scope -> 0L, signed(false));
            in.leave();
        } else {
            value = primary();
        }
        value = postfix(value);
        return withFilters ? filtered(value) : value;
    }

    Expression primary() {
        int line = in.line();
        Token token = in.next();
        switch (token.kind()) {
            case NAME:
                return name(token.text());
            case STRING:
                StringBuilder text = new StringBuilder(token.text());
                while (in.current().is(Kind.STRING)) {
                    text.append(in.next().text());
                }
                String whole = text.toString();
                return scope -> whole;
            case INTEGER:
                Long integer = Literals.integer(token.text());
                return scope -> integer;
            case FLOAT:
                Double real = Literals.real(token.text());
                return scope -> real;
            case OPERATOR:
                if (token.text().equals("(")) {
                    return group();
                }
                if (token.text().equals("[")) {
                    return listOf(sequence("]"));
                }
                if (token.text().equals("{")) {
                    return map();
                }
                break;
            default:
                break;
        }
        throw new TemplateException("'" + token + "' stands where a value belongs", line);
    }

    private static Expression name(String name) {
        return switch (name) {
            case "true", "True" -> scope -> true;
            case "false", "False" -> scope -> false;
            case "none", "None" -> scope -> null;
            default ->
                scope -> {
                    scope.run.charge(1);
                    return scope.get(name);
                };
        };
    }

    private Expression group() {
        if (in.skipOperator(")")) {
            return scope -> new Tuple(List.of());
        }
        in.enter();
        Expression value = tuple(true);
        in.leave();
        in.expectOperator(")");
        return value;
    }

    private List<Expression> sequence(String close) {
        List<Expression> elements = new ArrayList<>();
        while (!in.skipOperator(close)) {
            if (!elements.isEmpty()) {
                in.expectOperator(",");
                if (in.skipOperator(close)) {
                    break;
                }
            }
            elements.add(expression());
        }
        return elements;
    }

    private Expression map() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!in.skipOperator("}")) {
            if (!keys.isEmpty()) {
                in.expectOperator(",");
                if (in.skipOperator("}")) {
                    break;
                }
            }
            keys.add(expression());
            in.expectOperator(":");
            values.add(expression());
        }
        return scope -> {
            scope.run.charge((long) keys.size() * Run.ELEMENT);
            Map<Object, Object> map = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                Object key = Values.key(map, keys.get(i).eval(scope));
                map.put(key, values.get(i).eval(scope));
            }
            return map;
        };
    }

    Expression postfix(Expression start) {
        Expression value = start;
        for (int i = 0; ; i++) {
            if (in.current().isOperator(".")) {
                value = limited(i, attribute(value));
            } else if (in.current().isOperator("[")) {
                value = limited(i, subscript(value));
            } else if (in.current().isOperator("(")) {
                value = limited(i, arguments().call(value));
            } else {
                return value;
            }
        }
    }

    private Expression attribute(Expression value) {
        in.next();
        if (in.current().is(Kind.INTEGER)) {
            Long index = Literals.integer(in.next().text());
            return scope -> Access.item(scope.run, value.eval(scope), index);
        }
        String name = in.expect(Kind.NAME).text();
        return scope -> {
            scope.run.charge(1);
            return Access.attribute(value.eval(scope), name);
        };
    }

    private Expression subscript(Expression value) {
        in.next();
        Expression from = in.current().isOperator(":") ? null : expression();
        if (in.skipOperator("]") && from != null) {
            return scope -> Access.item(scope.run, value.eval(scope), from.eval(scope));
        }
        in.expectOperator(":");
        Expression to = bound();
        Expression step = in.skipOperator(":") ? bound() : scope -> null;
        in.expectOperator("]");
        Expression begin = from == null ? scope -> null : from;
        return scope -> Access.slice(scope.run, value.eval(scope), begin.eval(scope), to.eval(scope), step.eval(scope));
    }

    private Expression bound() {
        return in.current().isOperator(":") || in.current().isOperator("]") ? scope -> null : expression();
    }

    Expression filtered(Expression start) {
        Expression value = start;
        for (int i = 0; ; i++) {
            if (in.skipOperator("|")) {
                value = limited(i, filter(value));
            } else if (in.skipName("is")) {
                value = limited(i, test(value));
            } else if (in.current().isOperator("(")) {
                value = limited(i, arguments().call(value));
            } else {
                return value;
            }
        }
    }

    /** A filter's name and arguments, the bar being read. */
    Expression filter(Expression value) {
        String name = in.expect(Kind.NAME).text();
        Calls arguments = in.current().isOperator("(") ? arguments() : Calls.NONE;
        return arguments.filter(name, value);
    }

    private Expression test(Expression value) {
        boolean negated = in.skipName("not");
        String name = in.expect(Kind.NAME).text();
        Calls arguments = Calls.NONE;
        if (in.current().isOperator("(")) {
            arguments = arguments();
        } else if (beginsOperand()) {
            arguments = new Calls(List.of(postfix(primary())), Map.of());
        }
        Expression result = arguments.test(name, value);
        return negated ? Operators.not(result) : result;
    }

    /** Whether a test is followed by an argument without brackets: {@code is divisibleby 3}. */
    private boolean beginsOperand() {
        Token token = in.current();
        return switch (token.kind()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME ->
                !Set.of("else", "or", "and", "is", "if", "in", "not", "recursive")
                        .contains(token.text());
            case OPERATOR -> token.text().equals("[") || token.text().equals("{");
            default -> false;
        };
    }

    Calls arguments() {
        in.expectOperator("(");
        in.enter();
        List<Expression> places = new ArrayList<>();
        Map<String, Expression> names = new LinkedHashMap<>();
        boolean first = true;
        while (!in.skipOperator(")")) {
            if (!first) {
                in.expectOperator(",");
                if (in.skipOperator(")")) {
                    break;
                }
            }
            first = false;
            if (in.current().isOperator("*") || in.current().isOperator("**")) {
                throw new TemplateException("arguments with * or ** are not supported", in.line());
            }
            if (in.current().is(Kind.NAME) && in.following().isOperator("=")) {
                String name = in.next().text();
                in.next();
                names.put(name, expression());
            } else if (names.isEmpty()) {
                places.add(expression());
            } else {
                throw in.unexpected("an argument with a name");
            }
        }
        in.leave();
        return new Calls(places, names);
    }

    private Expression limited(int length, Expression expression) {
        if (length > LONGEST_CHAIN) {
            throw new TemplateException("more than " + LONGEST_CHAIN + " operators stand in a row", in.line());
        }
        return expression;
    }
}
