package dev.engram.model.text.jinja;

import java.util.AbstractList;
import java.util.List;

/** A list that prints in round brackets. */
final class Tuple extends AbstractList<Object> {
    private final List<Object> elements;

    Tuple(List<Object> elements) {
        this.elements = elements;
    }

    static Tuple of(Object... elements) {
        return new Tuple(java.util.Arrays.asList(elements));
    }

    @Override
    public Object get(int index) {
        return elements.get(index);
    }

    @Override
    public int size() {
        return elements.size();
    }
}
