package dev.engram.model.text.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Truth, equality, order, membership and iteration, by Python's rules. */
final class Values {
    private Values() {}

    static boolean truth(Object value) {
        if (value == null || value instanceof Undefined) {
            return false;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        if (isNumber(value)) {
            return real(value) != 0;
        }
        return !(value instanceof String || value instanceof List || value instanceof Map) || length(value) > 0;
    }

    /** The length of a text in characters (not Java's units), of a list or of a map. */
    static int length(Object value) {
        if (value instanceof String text) {
            return text.codePointCount(0, text.length());
        }
        if (value instanceof List<?> list) {
            return list.size();
        }
        if (value instanceof Map<?, ?> map) {
            return map.size();
        }
        if (value instanceof Undefined) {
            return 0;
        }
        throw new TemplateException(typeName(value) + " has no length");
    }

    /** A whole or broken number, or a truth value, which counts as 0 or 1. */
    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static double real(Object number) {
        return number instanceof Boolean flag ? (flag ? 1 : 0) : ((Number) number).doubleValue();
    }

    static long whole(Object number) {
        return number instanceof Boolean flag ? (flag ? 1 : 0) : ((Number) number).longValue();
    }

    static boolean equal(Run run, Object a, Object b) {
        run.charge(1);
        if (isNumber(a) && isNumber(b)) {
            return a instanceof Double || b instanceof Double ? real(a) == real(b) : whole(a) == whole(b);
        }
        if (a instanceof String text && b instanceof String other) {
            run.charge(Math.min(text.length(), other.length()) / 8);
            return text.equals(other);
        }
        if (a instanceof List<?> list && b instanceof List<?> other) {
            if (list.size() != other.size() || list instanceof Tuple != other instanceof Tuple) {
                return false;
            }
            for (int i = 0; i < list.size(); i++) {
                if (!equal(run, list.get(i), other.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (a instanceof Map<?, ?> map && b instanceof Map<?, ?> other) {
            if (map.size() != other.size()) {
                return false;
            }
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                Object found = Access.item(run, other, entry.getKey());
                if (found instanceof Undefined || !equal(run, entry.getValue(), found)) {
                    return false;
                }
            }
            return true;
        }
        return a == b || a instanceof Undefined && b instanceof Undefined;
    }

    /** Less than, equal or greater, as -1, 0 or 1; for numbers, texts and lists of them. */
    static int compare(Run run, Object a, Object b) {
        run.charge(1);
        if (isNumber(a) && isNumber(b)) {
            return a instanceof Double || b instanceof Double
                    ? Double.compare(real(a), real(b))
                    : Long.compare(whole(a), whole(b));
        }
        if (a instanceof String text && b instanceof String other) {
            run.charge(Math.min(text.length(), other.length()) / 8);
            return Text.compare(text, other);
        }
        if (a instanceof List<?> list && b instanceof List<?> other) {
            for (int i = 0; i < Math.min(list.size(), other.size()); i++) {
                if (!equal(run, list.get(i), other.get(i))) {
                    return compare(run, list.get(i), other.get(i));
                }
            }
            return Integer.compare(list.size(), other.size());
        }
        for (Object value : new Object[] {a, b}) {
            if (value instanceof Undefined missing) {
                throw missing.fault();
            }
        }
        throw new TemplateException(typeName(a) + " and " + typeName(b) + " have no order");
    }

    static boolean contains(Run run, Object container, Object element) {
        if (container instanceof String text) {
            if (element instanceof String part) {
                run.charge(text.length());
                return text.contains(part);
            }
            throw new TemplateException("a text can only contain texts, not " + typeName(element));
        }
        if (container instanceof Map<?, ?> map) {
            return !(Access.item(run, map, element) instanceof Undefined);
        }
        for (Object candidate : elements(run, container)) {
            if (equal(run, candidate, element)) {
                return true;
            }
        }
        return false;
    }

    /** What a loop over a value visits. */
    static List<Object> elements(Run run, Object value) {
        if (value instanceof List<?> list) {
            return uncheckedList(list);
        }
        if (value instanceof Map<?, ?> map) {
            return run.made(new ArrayList<>(map.keySet()));
        }
        if (value instanceof String text) {
            run.charge((long) text.length() * Run.ELEMENT);
            List<Object> characters = new ArrayList<>();
            text.codePoints().forEach(c -> characters.add(Character.toString(c)));
            return characters;
        }
        if (value instanceof Undefined) {
            return List.of();
        }
        throw new TemplateException(typeName(value) + " cannot be looped over");
    }

    @SuppressWarnings("unchecked")
    private static List<Object> uncheckedList(List<?> list) {
        return (List<Object>) list;
    }

    /** A value as a key of a map: an equal key that is there already, else itself. */
    static Object key(Map<?, ?> map, Object key) {
        if (key instanceof List || key instanceof Map || key instanceof Undefined) {
            throw new TemplateException(typeName(key) + " cannot be a key");
        }
        if (isNumber(key) && !map.containsKey(key)) {
            Object[] forms = {whole(key), real(key), real(key) == 1};
            for (Object form : forms) {
                boolean same = real(form) == real(key);
                if (same && map.containsKey(form)) {
                    return form;
                }
            }
        }
        return key;
    }

    /** The type's name in a fault. */
    static String typeName(Object value) {
        if (value == null) {
            return "none";
        }
        if (value instanceof Undefined) {
            return "an undefined value";
        }
        if (value instanceof String) {
            return "a text";
        }
        if (isNumber(value)) {
            return value instanceof Boolean ? "a truth value" : "a number";
        }
        return value instanceof List ? "a list" : value instanceof Map ? "a mapping" : "a function or object";
    }

    /** The elements of a pair or longer list, for targets such as {@code for k, v in ...}. */
    static Iterator<Object> unpack(Run run, Object value, int count) {
        List<Object> elements = elements(run, value);
        if (elements.size() != count) {
            throw new TemplateException(elements.size() + " values cannot be given to " + count + " names");
        }
        return elements.iterator();
    }
}
