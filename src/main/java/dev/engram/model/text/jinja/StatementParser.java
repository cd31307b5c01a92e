package dev.engram.model.text.jinja;

import dev.engram.model.text.jinja.Statement.Flow;
import dev.engram.model.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads a template into statements. */
final class StatementParser {
    private final TokenStream in;
    private final ExpressionParser expressions;
    private int loops;

    private StatementParser(TokenStream in) {
        this.in = in;
        this.expressions = new ExpressionParser(in);
    }

    static List<Statement> parse(String source) {
        TokenStream in = new TokenStream(Lexer.tokens(source));
        try {
            return new StatementParser(in).body(Set.of());
        } catch (TemplateException e) {
            throw e.at(in.line());
        }
    }

    /** Statements up to a tag of one of these names, whose name is then the current token. */
    private List<Statement> body(Set<String> ends) {
        in.enter();
        int begin = in.line();
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = in.next();
            if (token.is(Kind.END)) {
                if (!ends.isEmpty()) {
                    throw new TemplateException("a block is not closed by {% " + last(ends) + " %}", begin);
                }
                in.leave();
                return statements;
            } else if (token.is(Kind.DATA)) {
                statements.add(data(token.text()));
            } else if (token.is(Kind.PRINT_BEGIN)) {
                Expression value = expressions.tuple(true);
                in.expect(Kind.PRINT_END);
                statements.add(print(value).at(token.line()));
            } else {
                if (in.current().is(Kind.NAME) && ends.contains(in.current().text())) {
                    in.leave();
                    return statements;
                }
                statements.add(tag().at(token.line()));
            }
        }
    }

    private static String last(Set<String> ends) {
        return ends.stream().filter(end -> end.startsWith("end")).findFirst().orElseThrow();
    }

    /** The statements of a block up to its end tag, which is read too. */
    private List<Statement> block(String end) {
        in.expect(Kind.BLOCK_END);
        List<Statement> body = body(Set.of(end));
        in.expectName(end);
        in.expect(Kind.BLOCK_END);
        return body;
    }

    private static Statement data(String text) {
        return scope -> {
            scope.run.print(text);
            return Flow.NEXT;
        };
    }

    private static Statement print(Expression value) {
        return scope -> {
            scope.run.print(Repr.text(scope.run, value.eval(scope)));
            return Flow.NEXT;
        };
    }

    private Statement tag() {
        int line = in.line();
        String name = in.expect(Kind.NAME).text();
        return switch (name) {
            case "if" -> conditional();
            case "for" -> loop();
            case "set" -> set();
            case "macro" -> macro();
            case "call" -> call();
            case "with" -> with();
            case "filter" -> filter();
            case "generation" -> {
                List<Statement> body = block("endgeneration");
                yield scope -> Statement.all(body, scope.inner());
            }
            case "break" -> jump(Flow.BREAK, line);
            case "continue" -> jump(Flow.CONTINUE, line);
            default -> throw new TemplateException("the tag {% " + name + " %} is not supported here", line);
        };
    }

    private Statement jump(Flow flow, int line) {
        if (loops == 0) {
            throw new TemplateException("break and continue only belong into a loop", line);
        }
        in.expect(Kind.BLOCK_END);
        return scope -> flow;
    }

    private Statement conditional() {
        Expression condition = expressions.tuple(false);
        in.expect(Kind.BLOCK_END);
        List<Statement> then = body(Set.of("elif", "else", "endif"));
        List<Statement> otherwise = new ArrayList<>();
        String end = in.next().text();
        if (end.equals("elif")) {
            in.enter();
            otherwise.add(conditional());
            in.leave();
        } else if (end.equals("else")) {
            otherwise.addAll(block("endif"));
        } else {
            in.expect(Kind.BLOCK_END);
        }
        return scope -> {
            scope.run.charge(1);
            return Statement.all(Values.truth(condition.eval(scope)) ? then : otherwise, scope);
        };
    }

    private Statement loop() {
        Target target = target();
        in.expectName("in");
        Expression values = expressions.tuple(false);
        Expression condition = in.skipName("if") ? expressions.expression() : null;
        if (in.current().isName("recursive")) {
            throw new TemplateException("recursive loops are not supported", in.line());
        }
        in.expect(Kind.BLOCK_END);
        loops++;
        List<Statement> body = body(Set.of("else", "endfor"));
        loops--;
        List<Statement> otherwise = List.of();
        if (in.next().text().equals("else")) {
            otherwise = block("endfor");
        } else {
            in.expect(Kind.BLOCK_END);
        }
        return new ForLoop(target, values, condition, body, otherwise);
    }

    private Target target() {
        List<Target> targets = new ArrayList<>();
        boolean several = false;
        do {
            if (in.skipOperator("(")) {
                targets.add(target());
                in.expectOperator(")");
            } else if (in.current().is(Kind.NAME) && !in.current().isName("in")) {
                targets.add(single());
            } else {
                break;
            }
            several |= in.current().isOperator(",");
        } while (in.skipOperator(","));
        if (targets.isEmpty()) {
            throw in.unexpected("a name");
        }
        return several ? Target.several(targets) : targets.get(0);
    }

    private Target single() {
        String name = in.expect(Kind.NAME).text();
        if (Set.of("true", "false", "none", "True", "False", "None").contains(name)) {
            throw new TemplateException("'" + name + "' cannot be set", in.line());
        }
        return in.skipOperator(".")
                ? Target.attribute(name, in.expect(Kind.NAME).text())
                : Target.name(name);
    }

    private Statement set() {
        Target target = target();
        if (in.skipOperator("=")) {
            Expression value = expressions.tuple(true);
            in.expect(Kind.BLOCK_END);
            return scope -> {
                target.assign(scope, value.eval(scope));
                return Flow.NEXT;
            };
        }
        Expression[] captured = new Expression[1];
        Expression filtered = expressions.filtered(scope -> captured[0].eval(scope));
        captured[0] = captured(block("endset"));
        return scope -> {
            target.assign(scope, filtered.eval(scope));
            return Flow.NEXT;
        };
    }

    /** The text that statements print. */
    private static Expression captured(List<Statement> body) {
        return scope -> scope.run.capture(() -> Statement.all(body, scope.inner()));
    }

    private Statement filter() {
        Expression[] captured = new Expression[1];
        Expression filtered = expressions.filtered(expressions.filter(scope -> captured[0].eval(scope)));
        captured[0] = captured(block("endfilter"));
        return print(filtered);
    }

    private Statement with() {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!in.current().is(Kind.BLOCK_END)) {
            if (!targets.isEmpty()) {
                in.expectOperator(",");
            }
            targets.add(single());
            in.expectOperator("=");
            values.add(expressions.expression());
        }
        List<Statement> body = block("endwith");
        return scope -> {
            Scope inner = scope.inner();
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(inner, values.get(i).eval(scope));
            }
            return Statement.all(body, inner);
        };
    }

    private Statement macro() {
        String name = in.expect(Kind.NAME).text();
        Signature signature = signature();
        List<Statement> body = outsideLoops("endmacro");
        return scope -> {
            scope.set(name, new Macro(name, signature.parameters, signature.defaults, body, scope));
            return Flow.NEXT;
        };
    }

    private Statement call() {
        Signature signature = in.current().isOperator("(") ? signature() : new Signature(List.of(), List.of());
        Expression function = expressions.primary();
        while (in.skipOperator(".")) {
            String attribute = in.expect(Kind.NAME).text();
            Expression object = function;
            function = scope -> Access.attribute(object.eval(scope), attribute);
        }
        Calls arguments = expressions.arguments();
        List<Statement> body = outsideLoops("endcall");
        return print(arguments.call(
                function, scope -> new Macro("caller", signature.parameters, signature.defaults, body, scope)));
    }

    /** A body from which no jump leads to a loop around. */
    private List<Statement> outsideLoops(String end) {
        int around = loops;
        loops = 0;
        List<Statement> body = block(end);
        loops = around;
        return body;
    }

    private record Signature(List<String> parameters, List<Expression> defaults) {}

    private Signature signature() {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        in.expectOperator("(");
        while (!in.skipOperator(")")) {
            if (!parameters.isEmpty()) {
                in.expectOperator(",");
            }
            parameters.add(in.expect(Kind.NAME).text());
            if (in.skipOperator("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw in.unexpected("a default value");
            }
        }
        return new Signature(parameters, defaults);
    }
}
