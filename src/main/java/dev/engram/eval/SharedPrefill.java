package dev.engram.eval;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A text that was read once for several policies. Each gets a copy of the cache and is told what it would have seen had it
 * watched the pass. The text is read in a single pass, once for each number of queries whose attention is asked for.
 */
final class SharedPrefill implements AutoCloseable {
    private final Decoder decoder;
    private final int[] ids;
    private final NDManager scope;
    private final KvCache cache;
    private final Map<Integer, Tape> tapes = new HashMap<>();

    SharedPrefill(Decoder decoder, int[] ids) {
        this.decoder = decoder;
        this.ids = ids;
        this.scope = decoder.newScope();
        this.cache = decoder.newCache();
        read(cache, Seams.none());
    }

    /** An arm whose policy has acted on the text; the arm is the caller's. */
    Arm fork(CachePolicy policy, Seams own) {
        Arm arm = new Arm(decoder, cache.fork(), policy, own);
        if (policy == null || ids.length == 0) {
            return arm;
        }
        try {
            if (arm.seams().hook() != null || arm.seams().rows() != null) {
                throw new BadInputException("The policy changes the pass itself, so it cannot share one with others;"
                        + " use the streaming mode.");
            }
            try (KvCache empty = decoder.newCache()) {
                arm.policy().before(empty, ids.length);
            }
            boolean projections = arm.seams().projections() != null;
            int queries = arm.policy().queries();
            if (queries > 0 || projections) {
                tape(queries, projections).play(arm.seams());
            }
            arm.settle(ids.length);
            return arm;
        } catch (RuntimeException e) {
            arm.close();
            throw e;
        }
    }

    private Tape tape(int queries, boolean projections) {
        Tape tape = tapes.get(queries);
        if (tape == null || projections && tape.projected.isEmpty()) {
            Tape fresh = new Tape(queries);
            Seams seams = Seams.none().withWatch(queries > 0 ? fresh : null);
            try (KvCache again = decoder.newCache()) {
                read(again, projections ? seams.withProjections(fresh) : seams);
            }
            tapes.put(queries, fresh);
            tape = fresh;
        }
        return tape;
    }

    private void read(KvCache into, Seams seams) {
        if (ids.length > 0) {
            try (NDManager step = decoder.newScope()) {
                decoder.forward(step, new int[][] {ids}, into, seams);
            }
        }
    }

    /** What a pass showed, layer by layer. */
    private final class Tape implements Seams.AttentionWatch, Seams.ProjectionWatch {
        private final int queries;
        private final List<NDArray> attention = new ArrayList<>();
        private final List<NDArray[]> projected = new ArrayList<>();

        Tape(int queries) {
            this.queries = queries;
        }

        @Override
        public int queries() {
            return queries;
        }

        @Override
        public void received(int layer, NDArray received) {
            attention.add(copy(received));
        }

        @Override
        public void projected(int layer, NDArray q, NDArray k, NDArray v) {
            projected.add(new NDArray[] {copy(q), copy(k), copy(v)});
        }

        private NDArray copy(NDArray array) {
            return decoder.backend().tools().one(scope, "copy_of", array);
        }

        void play(Seams seams) {
            for (int i = 0; i < decoder.config().layers(); i++) {
                if (!attention.isEmpty()) {
                    seams.watch().received(i, attention.get(i));
                }
                if (seams.shows(i)) {
                    NDArray[] p = projected.get(i);
                    seams.projections().projected(i, p[0], p[1], p[2]);
                }
            }
        }
    }

    @Override
    public void close() {
        cache.close();
        scope.close();
    }
}
