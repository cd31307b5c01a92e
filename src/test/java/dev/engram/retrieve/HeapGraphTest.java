package dev.engram.retrieve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A graph of few rows is built on one core, so that what it finds does not depend on the hour. */
class HeapGraphTest {
    private static float[] unit(Random random) {
        float[] v = new float[32];
        double sum = 0;
        for (int i = 0; i < v.length; i++) {
            v[i] = (float) random.nextGaussian();
            sum += v[i] * v[i];
        }
        for (int i = 0; i < v.length; i++) {
            v[i] /= (float) Math.sqrt(sum);
        }
        return v;
    }

    @Test
    void twoBuildsOfFewRowsFindTheSame() {
        Random random = new Random(3);
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            rows.add(unit(random));
        }
        List<float[]> asked =
                rows.subList(0, 100).stream().map(r -> unit(random)).toList();
        assertEquals(found(new HeapGraph(rows), asked), found(new HeapGraph(rows), asked));
    }

    private static List<Integer> found(HeapGraph graph, List<float[]> asked) {
        List<Integer> all = new ArrayList<>();
        asked.forEach(q -> graph.search(q, 16, 16, row -> true, all::add));
        return all;
    }
}
