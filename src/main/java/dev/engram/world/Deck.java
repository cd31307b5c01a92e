package dev.engram.world;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Deals values without repeating one until all have been dealt. */
final class Deck<T> {
    private final List<T> all;
    private final Draw draw;
    private final Deque<T> rest = new ArrayDeque<>();

    Deck(List<T> all, Draw draw) {
        this.all = all;
        this.draw = draw;
    }

    /** The next value that will do; empty if there is none. */
    Optional<T> deal(Predicate<T> willDo) {
        Optional<T> next = take(willDo);
        if (next.isEmpty() && all.stream().anyMatch(willDo)) {
            rest.addAll(draw.shuffled(all));
            next = take(willDo);
        }
        return next;
    }

    private Optional<T> take(Predicate<T> willDo) {
        List<T> skipped = new ArrayList<>();
        Optional<T> found = Optional.empty();
        while (found.isEmpty() && !rest.isEmpty()) {
            T next = rest.poll();
            if (willDo.test(next)) {
                found = Optional.of(next);
            } else {
                skipped.add(next);
            }
        }
        for (int i = skipped.size() - 1; i >= 0; i--) {
            rest.addFirst(skipped.get(i));
        }
        return found;
    }
}
