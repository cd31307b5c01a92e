package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Several trainables in one run, such as adapters and token rows; closing it closes them. */
public final class Together implements Trainables {
    private final List<Trainables> parts;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();

    private Together(List<Trainables> parts) {
        this.parts = parts;
        for (Trainables part : parts) {
            part.parameters().forEach((name, p) -> {
                if (parameters.put(name, p) != null) {
                    throw new IllegalArgumentException("two parts train a parameter called " + name);
                }
            });
        }
    }

    public static Together of(Trainables... parts) {
        return new Together(List.of(parts));
    }

    @Override
    public NDManager manager() {
        return parts.get(0).manager();
    }

    @Override
    public Map<String, NDArray> parameters() {
        return parameters;
    }

    @Override
    public boolean decays(String name) {
        return parts.stream()
                .filter(p -> p.parameters().containsKey(name))
                .findFirst()
                .orElseThrow()
                .decays(name);
    }

    @Override
    public void before(int step, int micro) {
        parts.forEach(p -> p.before(step, micro));
    }

    @Override
    public void after() {
        parts.forEach(Trainables::after);
    }

    @Override
    public void close() {
        parts.forEach(Trainables::close);
    }
}
