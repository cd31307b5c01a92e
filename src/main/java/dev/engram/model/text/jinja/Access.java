package dev.engram.model.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code value.name}, {@code value[key]} and {@code value[from:to:step]}. */
final class Access {
    private Access() {}

    /** {@code value.name}: a method or attribute comes before an entry of a map. */
    static Object attribute(Object value, String name) {
        Object found = own(value, name);
        return found instanceof Undefined && value instanceof Map<?, ?> map ? entry(map, name, name) : found;
    }

    private static Object own(Object value, String name) {
        if (value instanceof Undefined missing) {
            throw missing.fault();
        }
        if (name.startsWith("_")) {
            throw new TemplateException("the attribute '" + name + "' is out of reach");
        }
        if (value instanceof HasAttributes object) {
            return object.attribute(name);
        }
        Object found = null;
        if (value instanceof String text) {
            found = TextMethods.of(text, name);
        } else if (value instanceof Map<?, ?> map) {
            found = CollectionMethods.of(map, name);
        } else if (value instanceof List<?> list) {
            found = CollectionMethods.of(list, name);
        }
        return found == null ? new Undefined(Values.typeName(value) + " has no attribute '" + name + "'") : found;
    }

    /** {@code value[key]}: an entry of a map comes before a method. */
    static Object item(Run run, Object value, Object key) {
        if (value instanceof Undefined missing) {
            throw missing.fault();
        }
        if (value instanceof Map<?, ?> map) {
            Object found = key instanceof List || key instanceof Map || key instanceof Undefined
                    ? new Undefined("a mapping has no such key")
                    : entry(map, Values.key(map, key), key);
            return found instanceof Undefined && key instanceof String name && !name.startsWith("_")
                    ? orMissing(own(value, name), found)
                    : found;
        }
        if (key instanceof Long || key instanceof Boolean) {
            return element(run, value, Values.whole(key));
        }
        if (key instanceof String name) {
            return own(value, name);
        }
        return new Undefined(Values.typeName(value) + " has no element " + Values.typeName(key));
    }

    private static Object orMissing(Object found, Object missing) {
        return found instanceof Undefined ? missing : found;
    }

    private static Object entry(Map<?, ?> map, Object key, Object shown) {
        return map.containsKey(key) ? map.get(key) : new Undefined("a mapping has no key '" + shown + "'");
    }

    private static Object element(Run run, Object value, long index) {
        run.charge(cost(value));
        if (value instanceof List || value instanceof String) {
            int length = Values.length(value);
            long at = index < 0 ? index + length : index;
            if (at >= 0 && at < length) {
                return value instanceof String text
                        ? Text.slice(text, (int) at, (int) at + 1)
                        : ((List<?>) value).get((int) at);
            }
        }
        return new Undefined(Values.typeName(value) + " has no element " + index);
    }

    /** A slice; none stands for a bound that is left out. */
    static Object slice(Run run, Object value, Object from, Object to, Object step) {
        if (value instanceof Undefined missing) {
            throw missing.fault();
        }
        if (!(value instanceof String || value instanceof List)) {
            throw new TemplateException(Values.typeName(value) + " cannot be sliced");
        }
        run.charge(cost(value));
        int length = Values.length(value);
        long stride = step == null ? 1 : bound(step);
        if (stride == 0) {
            throw new TemplateException("a slice has step 0");
        }
        boolean back = stride < 0;
        long begin = from == null ? (back ? length - 1 : 0) : place(bound(from), length, back);
        long end = to == null ? (back ? -1 : length) : place(bound(to), length, back);
        if (value instanceof String text && stride == 1) {
            return run.made(begin < end ? Text.slice(text, (int) begin, (int) end) : "");
        }
        List<Object> elements = Values.elements(run, value);
        List<Object> picked = new ArrayList<>();
        for (long i = begin; back ? i > end : i < end; i += stride) {
            picked.add(elements.get((int) i));
        }
        run.made(picked);
        if (value instanceof String) {
            StringBuilder text = new StringBuilder();
            picked.forEach(text::append);
            return text.toString();
        }
        return value instanceof Tuple ? new Tuple(picked) : picked;
    }

    /** Finding a character means counting from the text's begin. */
    private static int cost(Object value) {
        return value instanceof String text ? 1 + text.length() / 8 : 1;
    }

    private static long bound(Object value) {
        if (value instanceof Long || value instanceof Boolean) {
            // Beyond any length is as good as far beyond it, and cannot overflow.
            return Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, Values.whole(value)));
        }
        throw new TemplateException("a slice needs whole numbers, not " + Values.typeName(value));
    }

    private static long place(long index, int length, boolean back) {
        long at = index < 0 ? index + length : index;
        return Math.max(back ? -1 : 0, Math.min(back ? length - 1 : length, at));
    }
}
