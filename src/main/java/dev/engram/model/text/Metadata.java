package dev.engram.model.text;

import dev.engram.model.BadInputException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Typed look-ups in GGUF metadata; each failure names the key, the value found and what to do. */
final class Metadata {
    private final Map<String, Object> values;
    private final String prefix;

    Metadata(Map<String, Object> values, String prefix) {
        this.values = values;
        this.prefix = prefix;
    }

    String text(String key) {
        if (present(key) instanceof String text) {
            return text;
        }
        throw wrong(key, "text");
    }

    String textOr(String key, String otherwise) {
        return values.get(prefix + key) == null ? otherwise : text(key);
    }

    boolean flagOr(String key, boolean otherwise) {
        Object value = values.get(prefix + key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong(key, "true or false");
    }

    /** A token id from 0 to {@code bound} - 1. */
    int idBelow(String key, int bound) {
        if (present(key) instanceof Number number && number.longValue() >= 0 && number.longValue() < bound) {
            return number.intValue();
        }
        throw wrong(key, "a token id below " + bound);
    }

    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (Object element : elements(key)) {
            if (!(element instanceof String text)) {
                throw wrong(key, "a list of texts");
            }
            texts.add(text);
        }
        return texts;
    }

    /** A list of exactly {@code size} whole numbers, or an empty one if the key is missing. */
    int[] integersOr(String key, int size) {
        if (values.get(prefix + key) == null) {
            return new int[0];
        }
        List<?> elements = elements(key);
        if (elements.size() != size) {
            throw new BadInputException("The GGUF metadata has " + elements.size() + " values in " + prefix + key
                    + " for " + size + " tokens; the file is damaged, fetch it again.");
        }
        int[] integers = new int[size];
        for (int i = 0; i < size; i++) {
            if (!(elements.get(i) instanceof Number number)) {
                throw wrong(key, "a list of whole numbers");
            }
            integers[i] = number.intValue();
        }
        return integers;
    }

    private List<?> elements(String key) {
        Object value = present(key);
        if (value instanceof List<?> list) {
            return list;
        }
        if (!value.getClass().isArray()) {
            throw wrong(key, "a list");
        }
        int length = Array.getLength(value);
        List<Object> list = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
            list.add(Array.get(value, i));
        }
        return list;
    }

    private Object present(String key) {
        Object value = values.get(prefix + key);
        if (value == null) {
            throw new BadInputException("The GGUF metadata has no " + prefix + key
                    + ", so its tokenizer cannot be built; use a file that contains its tokenizer.");
        }
        return value;
    }

    private BadInputException wrong(String key, String wanted) {
        Object value = values.get(prefix + key);
        String shown = value instanceof String || value instanceof Number || value instanceof Boolean
                ? "'" + value + "'"
                : "a " + value.getClass().getSimpleName();
        return new BadInputException("The GGUF metadata has " + shown + " in " + prefix + key + " where " + wanted
                + " belongs; the file is damaged, fetch it again.");
    }
}
