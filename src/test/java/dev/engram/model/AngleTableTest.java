package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Runs.Driver;
import dev.engram.model.engine.AngleTable;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The table of angles grows while others read it. */
class AngleTableTest {
    @Test
    void tablesInUseOutliveTheirGrowth() throws Exception {
        try (Decoder decoder = Tiny.decoder()) {
            AngleTable angles = decoder.backend().first().angles();
            CountDownLatch taken = new CountDownLatch(1);
            CountDownLatch grown = new CountDownLatch(1);
            CompletableFuture<float[]> reader = CompletableFuture.supplyAsync(() -> {
                NDArray cos = angles.cos();
                taken.countDown();
                await(grown);
                return cos.toFloatArray();
            });
            await(taken);
            long before = angles.cos().getShape().get(0);
            angles.reach((int) before + 1);
            grown.countDown();
            float[] old = reader.get(30, TimeUnit.SECONDS);
            assertEquals(2 * before, angles.cos().getShape().get(0));
            assertArrayEquals(old, Arrays.copyOf(angles.cos().toFloatArray(), old.length), "near positions");
        }
    }

    @Test
    void aFarTextBesideANearOneChangesNothing() throws Exception {
        try (Decoder decoder = Tiny.decoder()) {
            int[] ids = Tiny.ids(9);
            float[] expected = Runs.logits(decoder, Driver.STACK, ids, Seams.none());
            CompletableFuture<Void> far = CompletableFuture.runAsync(() -> {
                for (int position = 64; position < 100_000; position *= 2) {
                    try (KvCache cache = decoder.newCache(position);
                            NDManager scope = decoder.newScope()) {
                        decoder.forward(scope, new int[][] {{1, 2, 3}}, cache, Seams.none());
                    }
                }
            });
            int runs = 0;
            while (!far.isDone() || runs == 0) {
                assertArrayEquals(expected, Runs.logits(decoder, Driver.STACK, ids, Seams.none()), "run " + runs);
                runs++;
            }
            far.get(30, TimeUnit.SECONDS);
            long rows = decoder.backend().first().angles().cos().getShape().get(0);
            assertTrue(rows >= 65_536 + 3, rows + " rows");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS), "the other thread does not come");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
