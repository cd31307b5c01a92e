package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;

/** The terms of the recall losses. Rows are a function of the seed and the step. */
final class Parts {
    private static final int FILLER = 0;

    private Parts() {}

    /** Rows of a step, drawn with a stream of random numbers of their own. */
    interface Rows {
        List<RecallRow> at(int step, SplittableRandom random);
    }

    /** Rows {@code step · count …} of the epochs' rows of one type, one epoch after the other. */
    static Rows epochs(
            MixedMemorySftDataset data, Function<MixedMemorySftDataset.Epoch, List<RecallRow>> type, int count) {
        return (step, random) -> {
            List<RecallRow> rows = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int at = step * count + i;
                int perEpoch = data.rowsPerType();
                rows.add(type.apply(data.refreshEpochData(at / perEpoch)).get(at % perEpoch));
            }
            return rows;
        };
    }

    /** What several terms share. */
    private abstract static class Base implements Part {
        final String name;
        final Learner learner;
        final Rows rows;
        final long seed;
        private int tokens;

        Base(String name, Learner learner, Rows rows, long seed) {
            this.name = name;
            this.learner = learner;
            this.rows = rows;
            this.seed = seed;
        }

        @Override
        public NDArray loss(NDManager scope, int step, Map<String, Double> log) {
            SplittableRandom random = Shuffle.stream(seed, name.hashCode(), step);
            RowBatch batch = new RowBatch(rows.at(step, random), FILLER);
            tokens = batch.tokens();
            NDArray loss = loss(scope, batch, random, log);
            log.put(name, (double) loss.getFloat());
            return loss;
        }

        abstract NDArray loss(NDManager scope, RowBatch batch, SplittableRandom random, Map<String, Double> log);

        @Override
        public int tokens() {
            return tokens;
        }
    }

    /** Cross-entropy of rows with their memories' vectors injected: memory_front, memory_full, sft_only. */
    static Part tokens(String name, Learner learner, Rows rows, Learner.Vectors vectors, long seed) {
        return new Base(name, learner, rows, seed) {
            @Override
            NDArray loss(NDManager scope, RowBatch batch, SplittableRandom random, Map<String, Double> log) {
                return learner.tokenLoss(scope, batch, learner.hidden(scope, batch, vectors, random));
            }
        };
    }

    /** The same for rows whose {@code <recall>} must find their memory, with InfoNCE beside it. */
    static Part tokensAndQueries(
            String name,
            Learner learner,
            Rows rows,
            Learner.Vectors vectors,
            Candidates candidates,
            HeadParameters head,
            double weight,
            long seed) {
        return new Base(name, learner, rows, seed) {
            @Override
            NDArray loss(NDManager scope, RowBatch batch, SplittableRandom random, Map<String, Double> log) {
                NDArray hidden = learner.hidden(scope, batch, vectors, random);
                NDArray decoding = learner.tokenLoss(scope, batch, hidden);
                NDArray finding = query(scope, learner, batch, hidden, candidates, head);
                log.put(name + " query", (double) finding.getFloat());
                NDArray factor = scope.create((float) weight);
                return learner.losses()
                        .record(scope, "plus", decoding, finding, factor)
                        .get(0);
            }
        };
    }

    /** InfoNCE alone, at the end of rows that stop at {@code <recall>}. */
    static Part queries(
            String name, Learner learner, Rows rows, Candidates candidates, HeadParameters head, long seed) {
        return new Base(name, learner, rows, seed) {
            @Override
            NDArray loss(NDManager scope, RowBatch batch, SplittableRandom random, Map<String, Double> log) {
                NDArray hidden = learner.hidden(scope, batch, null, random);
                return query(scope, learner, batch, hidden, candidates, head);
            }
        };
    }

    /** KL to the base on ordinary texts. */
    static Part keep(String name, Learner learner, Rows rows, long seed) {
        return new Base(name, learner, rows, seed) {
            @Override
            NDArray loss(NDManager scope, RowBatch batch, SplittableRandom random, Map<String, Double> log) {
                return learner.keep(scope, batch);
            }
        };
    }

    private static NDArray query(
            NDManager scope,
            Learner learner,
            RowBatch batch,
            NDArray hidden,
            Candidates candidates,
            HeadParameters head) {
        int[] targets = batch.rows().stream().mapToInt(RecallRow::memory).toArray();
        return candidates.loss(scope, learner, head, learner.queries(scope, batch, hidden), targets);
    }
}
