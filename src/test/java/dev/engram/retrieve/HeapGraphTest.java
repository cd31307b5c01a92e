package dev.engram.retrieve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A graph of few rows is built on one core, so that what it finds does not depend on the hour. */
class HeapGraphTest {
    @Test
    void twoBuildsOfFewRowsFindTheSame() {
        List<float[]> units = Fixed.clustered(2100, 32, 3).stream()
                .map(e -> Vectors.unit(e.vector()))
                .toList();
        List<float[]> rows = units.subList(0, 2000), asked = units.subList(2000, 2100);
        assertEquals(found(new HeapGraph(rows), asked), found(new HeapGraph(rows), asked));
    }

    private static List<Integer> found(HeapGraph graph, List<float[]> asked) {
        List<Integer> all = new ArrayList<>();
        asked.forEach(q -> graph.search(q, 16, 16, row -> true, all::add));
        return all;
    }
}
