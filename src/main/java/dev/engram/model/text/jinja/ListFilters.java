package dev.engram.model.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The filters on lists and maps. Where Jinja gives a generator, these give a list. */
final class ListFilters {
    private ListFilters() {}

    static void addTo(Map<String, Filters.Filter> filters) {
        filters.put("list", (run, value, args) -> {
            args.bind("list");
            return run.made(new ArrayList<>(Values.elements(run, value)));
        });
        filters.put("items", (run, value, args) -> {
            args.bind("items");
            if (value instanceof Undefined) {
                return List.of();
            }
            if (value instanceof Map<?, ?> map) {
                return CollectionMethods.items(run, map);
            }
            throw new TemplateException("items needs a mapping, not " + Values.typeName(value));
        });
        filters.put("join", (run, value, args) -> {
            Args.Bound bound = args.bind("join", "d", "attribute");
            List<Object> elements = picked(run, value, bound.get("attribute", null), null);
            return TextMethods.join(run, Repr.text(run, bound.get("d", "")), elements, false);
        });
        filters.put("first", (run, value, args) -> end(run, value, args, true));
        filters.put("last", (run, value, args) -> end(run, value, args, false));
        filters.put("reverse", ListFilters::reverse);
        filters.put("sort", ListFilters::sort);
        filters.put("dictsort", ListFilters::dictsort);
        filters.put("unique", ListFilters::unique);
        filters.put("min", (run, value, args) -> extreme(run, value, args, -1));
        filters.put("max", (run, value, args) -> extreme(run, value, args, 1));
        filters.put("sum", ListFilters::sum);
        filters.put("map", ListFilters::map);
        filters.put("select", (run, value, args) -> select(run, value, args, false, true));
        filters.put("reject", (run, value, args) -> select(run, value, args, false, false));
        filters.put("selectattr", (run, value, args) -> select(run, value, args, true, true));
        filters.put("rejectattr", (run, value, args) -> select(run, value, args, true, false));
    }

    private static Object end(Run run, Object value, Args args, boolean first) {
        args.bind(first ? "first" : "last");
        List<Object> elements = Values.elements(run, value);
        return elements.isEmpty()
                ? new Undefined("an empty list has no first or last element")
                : elements.get(first ? 0 : elements.size() - 1);
    }

    private static Object reverse(Run run, Object value, Args args) {
        args.bind("reverse");
        if (value instanceof String) {
            return Access.slice(run, value, null, null, -1L);
        }
        List<Object> elements = run.made(new ArrayList<>(Values.elements(run, value)));
        Collections.reverse(elements);
        return elements;
    }

    private static Object sort(Run run, Object value, Args args) {
        Args.Bound bound = args.bind("sort", "reverse", "case_sensitive", "attribute");
        List<Object> elements = run.made(new ArrayList<>(Values.elements(run, value)));
        Comparator<Object> order = order(run, bound.flag("case_sensitive"));
        Object attribute = bound.get("attribute", null);
        Comparator<Object> byKey = (a, b) -> order.compare(key(run, a, attribute), key(run, b, attribute));
        elements.sort(bound.flag("reverse") ? byKey.reversed() : byKey);
        return elements;
    }

    private static Object dictsort(Run run, Object value, Args args) {
        Args.Bound bound = args.bind("dictsort", "case_sensitive", "by", "reverse");
        if (!(value instanceof Map<?, ?> map)) {
            throw new TemplateException("dictsort needs a mapping, not " + Values.typeName(value));
        }
        long place = "value".equals(bound.get("by", "key")) ? 1 : 0;
        List<Object> items = CollectionMethods.items(run, map);
        Comparator<Object> order = order(run, bound.flag("case_sensitive"));
        Comparator<Object> byKey = (a, b) -> order.compare(key(run, a, place), key(run, b, place));
        items.sort(bound.flag("reverse") ? byKey.reversed() : byKey);
        return items;
    }

    private static Object unique(Run run, Object value, Args args) {
        Args.Bound bound = args.bind("unique", "case_sensitive", "attribute");
        boolean exact = bound.flag("case_sensitive");
        List<Object> kept = new ArrayList<>();
        List<Object> keys = new ArrayList<>();
        for (Object element : Values.elements(run, value)) {
            Object key = folded(key(run, element, bound.get("attribute", null)), exact);
            if (!Values.contains(run, keys, key)) {
                keys.add(key);
                kept.add(element);
            }
        }
        return run.made(kept);
    }

    private static Object extreme(Run run, Object value, Args args, int sign) {
        Args.Bound bound = args.bind(sign < 0 ? "min" : "max", "case_sensitive", "attribute");
        Comparator<Object> order = order(run, bound.flag("case_sensitive"));
        Object attribute = bound.get("attribute", null);
        Object best = new Undefined("an empty list has no smallest or largest element");
        for (Object element : Values.elements(run, value)) {
            if (best instanceof Undefined
                    || order.compare(key(run, element, attribute), key(run, best, attribute)) * sign > 0) {
                best = element;
            }
        }
        return best;
    }

    private static Object sum(Run run, Object value, Args args) {
        Args.Bound bound = args.bind("sum", "attribute", "start");
        Object sum = bound.get("start", 0L);
        for (Object element : picked(run, value, bound.get("attribute", null), null)) {
            sum = Arithmetic.apply(run, "+", sum, element);
        }
        return sum;
    }

    private static Object map(Run run, Object value, Args args) {
        if (!Values.truth(value)) { // none too: Jinja gives an empty list
            return List.of();
        }
        if (args.names().containsKey("attribute")) {
            Args.Bound bound = args.bind("map", "attribute", "default");
            return picked(run, value, bound.require("attribute"), bound);
        }
        if (args.places().isEmpty() || !(args.places().get(0) instanceof String filter)) {
            throw new TemplateException("map needs the name of a filter or an attribute");
        }
        Args rest = new Args(args.places().subList(1, args.places().size()), args.names());
        List<Object> mapped = new ArrayList<>();
        for (Object element : Values.elements(run, value)) {
            mapped.add(Filters.apply(run, filter, element, rest));
        }
        return run.made(mapped);
    }

    private static Object select(Run run, Object value, Args args, boolean byAttribute, boolean wanted) {
        if (!Values.truth(value)) {
            return List.of();
        }
        List<Object> places = args.places();
        int skip = byAttribute ? 1 : 0;
        if (places.size() < skip) {
            throw new TemplateException("selectattr and rejectattr need the name of an attribute");
        }
        String test = places.size() > skip ? Repr.text(run, places.get(skip)) : null;
        Args rest = new Args(places.subList(Math.min(places.size(), skip + 1), places.size()), args.names());
        List<Object> kept = new ArrayList<>();
        for (Object element : Values.elements(run, value)) {
            Object key = byAttribute ? key(run, element, places.get(0)) : element;
            boolean holds = test == null ? Values.truth(key) : Tests.holds(run, test, key, rest);
            if (holds == wanted) {
                kept.add(element);
            }
        }
        return run.made(kept);
    }

    /** The elements, or an attribute of each; {@code bound} may name a default for missing ones. */
    private static List<Object> picked(Run run, Object value, Object attribute, Args.Bound bound) {
        List<Object> elements = Values.elements(run, value);
        if (attribute == null) {
            return elements;
        }
        List<Object> picked = new ArrayList<>();
        for (Object element : elements) {
            Object found = key(run, element, attribute);
            boolean replaced = found instanceof Undefined && bound != null && bound.has("default");
            picked.add(replaced ? bound.values().get("default") : found);
        }
        return run.made(picked);
    }

    /** An attribute path such as {@code a.b.0}, or an index; the element itself without one. */
    private static Object key(Run run, Object element, Object attribute) {
        if (attribute == null) {
            return element;
        }
        if (!(attribute instanceof String path)) {
            return Access.item(run, element, attribute);
        }
        Object value = element;
        for (Object part : Text.split(path, ".", -1, false)) {
            String name = (String) part;
            value = Access.item(run, value, name.matches("\\d{1,9}") ? (Object) Long.valueOf(name) : name);
        }
        return value;
    }

    private static Comparator<Object> order(Run run, boolean exact) {
        return (a, b) -> Values.compare(run, folded(a, exact), folded(b, exact));
    }

    private static Object folded(Object value, boolean exact) {
        return !exact && value instanceof String text ? text.toLowerCase(Locale.ROOT) : value;
    }
}
