package dev.engram.model.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Python's methods of maps and lists that templates use; those that change a value are refused. */
final class CollectionMethods {
    private static final Set<String> CHANGING = Set.of(
            "append",
            "extend",
            "insert",
            "remove",
            "pop",
            "clear",
            "sort",
            "reverse",
            "update",
            "setdefault",
            "popitem");

    private CollectionMethods() {}

    static Object of(Map<?, ?> map, String name) {
        refuse(
                name,
                !List.of("append", "extend", "insert", "remove", "sort", "reverse")
                        .contains(name));
        return switch (name) {
            case "items" -> (Callable) (run, args) -> items(run, map);
            case "keys" -> (Callable) (run, args) -> run.made(new ArrayList<Object>(map.keySet()));
            case "values" -> (Callable) (run, args) -> run.made(new ArrayList<Object>(map.values()));
            case "copy" ->
                (Callable) (run, args) -> {
                    run.charge((long) map.size() * Run.ELEMENT);
                    return new LinkedHashMap<>(map);
                };
            case "get" ->
                (Callable) (run, args) -> {
                    Args.Bound bound = args.bind(name, "key", "default");
                    Object key = Values.key(map, bound.require("key"));
                    return map.containsKey(key) ? map.get(key) : bound.get("default", null);
                };
            default -> null;
        };
    }

    static Object of(List<?> list, String name) {
        refuse(
                name,
                !(list instanceof Tuple)
                        && !List.of("update", "setdefault", "popitem").contains(name));
        return switch (name) {
            case "count" ->
                (Callable) (run, args) -> {
                    Object wanted = args.bind(name, "value").require("value");
                    return list.stream()
                            .filter(e -> Values.equal(run, e, wanted))
                            .count();
                };
            case "index" ->
                (Callable) (run, args) -> {
                    Object wanted = args.bind(name, "value").require("value");
                    for (int i = 0; i < list.size(); i++) {
                        if (Values.equal(run, list.get(i), wanted)) {
                            return (long) i;
                        }
                    }
                    throw new TemplateException("index does not find the value it looks for");
                };
            case "copy" -> list instanceof Tuple ? null : (Callable) (run, args) -> run.made(new ArrayList<>(list));
            default -> null;
        };
    }

    static List<Object> items(Run run, Map<?, ?> map) {
        List<Object> items = new ArrayList<>();
        map.forEach((key, value) -> items.add(Tuple.of(key, value)));
        return run.made(items);
    }

    private static void refuse(String name, boolean exists) {
        if (exists && CHANGING.contains(name)) {
            throw new TemplateException("it calls " + name + ", but a template must not change what it is given");
        }
    }
}
