package dev.engram.model.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The operators + - * / // % ** on numbers, texts and lists, by Python's rules. */
final class Arithmetic {
    private Arithmetic() {}

    static Object apply(Run run, String operator, Object a, Object b) {
        for (Object operand : new Object[] {a, b}) {
            if (operand instanceof Undefined missing) {
                throw missing.fault();
            }
        }
        if (Values.isNumber(a) && Values.isNumber(b)) {
            return numbers(operator, a, b);
        }
        if (operator.equals("+") && a instanceof String left && b instanceof String right) {
            run.charge((long) left.length() + right.length());
            return left + right;
        }
        if (operator.equals("+")
                && a instanceof List<?> left
                && b instanceof List<?> right
                && left instanceof Tuple == right instanceof Tuple) {
            run.charge((long) (left.size() + right.size()) * Run.ELEMENT);
            List<Object> sum = new ArrayList<>(left);
            sum.addAll(right);
            return left instanceof Tuple ? new Tuple(sum) : sum;
        }
        if (operator.equals("*")) {
            if (isCount(b) && (a instanceof String || a instanceof List)) {
                return repeat(run, a, Values.whole(b));
            }
            if (isCount(a) && (b instanceof String || b instanceof List)) {
                return repeat(run, b, Values.whole(a));
            }
        }
        throw new TemplateException(
                "'" + operator + "' does not work on " + Values.typeName(a) + " and " + Values.typeName(b));
    }

    private static boolean isCount(Object value) {
        return value instanceof Long || value instanceof Boolean;
    }

    private static Object repeat(Run run, Object value, long count) {
        long times = Math.max(0, Math.min(count, Integer.MAX_VALUE));
        if (value instanceof String text) {
            run.charge(text.length() * times);
            return text.repeat((int) (text.isEmpty() ? 0 : times));
        }
        List<?> list = (List<?>) value;
        run.charge(list.size() * times * Run.ELEMENT);
        List<Object> all = new ArrayList<>();
        for (Object copy : Collections.nCopies((int) (list.isEmpty() ? 0 : times), list)) {
            all.addAll((List<?>) copy);
        }
        return value instanceof Tuple ? new Tuple(all) : all;
    }

    private static Object numbers(String operator, Object a, Object b) {
        boolean real = a instanceof Double || b instanceof Double;
        if ("/ // %".contains(operator) && Values.real(b) == 0) {
            throw new TemplateException("it divides by zero");
        }
        try {
            return real || operator.equals("/")
                    ? reals(operator, Values.real(a), Values.real(b))
                    : wholes(operator, Values.whole(a), Values.whole(b));
        } catch (ArithmeticException e) {
            throw new TemplateException("a number grows too large");
        }
    }

    private static Object reals(String operator, double a, double b) {
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor(a / b);
            case "%" -> a - b * Math.floor(a / b);
            default -> Math.pow(a, b);
        };
    }

    private static Object wholes(String operator, long a, long b) {
        return switch (operator) {
            case "+" -> Math.addExact(a, b);
            case "-" -> Math.subtractExact(a, b);
            case "*" -> Math.multiplyExact(a, b);
            case "//" -> Math.floorDiv(a, b);
            case "%" -> Math.floorMod(a, b);
            default -> b < 0 ? (Object) Math.pow(a, b) : (Object) power(a, b);
        };
    }

    private static long power(long base, long exponent) {
        if (base == 0 || base == 1) {
            return exponent == 0 ? 1 : base;
        }
        if (base == -1) {
            return exponent % 2 == 0 ? 1 : -1;
        }
        long result = 1;
        for (long i = 0; i < exponent; i++) { // ends after 63 rounds at the latest, by overflow
            result = Math.multiplyExact(result, base);
        }
        return result;
    }

    static Object negate(Object value) {
        if (value instanceof Double number) {
            return -number;
        }
        return apply(null, "-", 0L, value);
    }
}
