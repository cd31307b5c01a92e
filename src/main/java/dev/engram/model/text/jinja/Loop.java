package dev.engram.model.text.jinja;

import java.util.List;

/** The variable {@code loop} inside a for loop. */
final class Loop implements HasAttributes {
    private final List<Object> elements;
    private int index = -1;
    private List<Object> changing;

    Loop(List<Object> elements) {
        this.elements = elements;
    }

    boolean next() {
        return ++index < elements.size();
    }

    Object current() {
        return elements.get(index);
    }

    @Override
    public Object attribute(String name) {
        int size = elements.size();
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) size - index;
            case "revindex0" -> size - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == size - 1;
            case "length" -> (long) size;
            case "depth" -> 1L; // of recursion, which is not supported
            case "depth0" -> 0L;
            case "previtem" -> index > 0 ? elements.get(index - 1) : new Undefined("there is no previous item");
            case "nextitem" -> index < size - 1 ? elements.get(index + 1) : new Undefined("there is no next item");
            case "cycle" ->
                (Callable) (run, args) -> {
                    if (args.places().isEmpty()) {
                        throw new TemplateException("loop.cycle needs values to cycle through");
                    }
                    return args.places().get(index % args.places().size());
                };
            case "changed" ->
                (Callable) (run, args) -> {
                    boolean same = changing != null && Values.equal(run, changing, args.places());
                    changing = args.places();
                    return !same;
                };
            default -> new Undefined("a loop has no attribute '" + name + "'");
        };
    }
}
