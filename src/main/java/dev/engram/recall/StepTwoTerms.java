package dev.engram.recall;

import java.util.ArrayList;
import java.util.List;

/** The terms of step 2's loss, by a recipe. */
final class StepTwoTerms {
    private final RecallRecipe.StepTwo two;
    private final Learner learner;
    private final Learner.Vectors vectors;
    private final Candidates candidates;
    private final HeadParameters head;
    private final long seed;
    private final List<PartsTask.Weighted> terms = new ArrayList<>();

    StepTwoTerms(
            RecallRecipe.StepTwo two,
            Learner learner,
            Learner.Vectors vectors,
            Candidates candidates,
            HeadParameters head,
            long seed) {
        this.two = two;
        this.learner = learner;
        this.vectors = vectors;
        this.candidates = candidates;
        this.head = head;
        this.seed = seed;
    }

    /** Told every memory_full row of a step's batch. */
    interface Report {
        void row(int step, RecallRow first);
    }

    /** memory_full rows and those about nothing. */
    StepTwoTerms full(MixedMemorySftDataset data, NothingRows nothing, Report report) {
        if (two.rows().full() == 0) {
            return this;
        }
        Parts.Rows full =
                Parts.epochs(data, MixedMemorySftDataset.Epoch::full, two.rows().full());
        Parts.Rows mixed = (step, random) -> {
            List<RecallRow> all = new ArrayList<>(full.at(step, random));
            for (int i = 0; i < two.rows().nothing(); i++) {
                all.add(nothing.draw(random));
            }
            report.row(step, all.get(0));
            return all;
        };
        return add(
                two.queryWeight() > 0
                        ? Parts.tokensAndQueries(
                                "full", learner, mixed, vectors, candidates, head, two.queryWeight(), seed)
                        : Parts.tokens("full", learner, mixed, vectors, seed),
                1);
    }

    StepTwoTerms front(MixedMemorySftDataset data) {
        if (two.rows().front() == 0) {
            return this;
        }
        Parts.Rows rows = Parts.epochs(
                data, MixedMemorySftDataset.Epoch::front, two.rows().front());
        return add(Parts.tokens("front", learner, rows, vectors, seed), two.frontWeight());
    }

    StepTwoTerms sft(MixedMemorySftDataset data) {
        if (two.rows().sft() == 0) {
            return this;
        }
        Parts.Rows rows =
                Parts.epochs(data, MixedMemorySftDataset.Epoch::sft, two.rows().sft());
        return add(Parts.tokens("sft", learner, rows, null, seed), two.sftWeight());
    }

    /** Conversations about facts outside the bank; a row weighs as much as one of memory_full. */
    StepTwoTerms read(TrainingRows rows, RowBuilder builder) {
        int count = two.rows().read();
        double weight =
                count / (double) Math.max(1, two.rows().full() + two.rows().nothing());
        return count == 0
                ? this
                : add(
                        Parts.tokensAndQueries(
                                "read",
                                learner,
                                (step, random) -> rows.reading(builder, random, count),
                                row -> candidates.unit(row.memory()),
                                candidates,
                                head,
                                two.queryWeight(),
                                seed),
                        weight);
    }

    /** KL to the base on its own samples. */
    StepTwoTerms keep(List<RecallRow> samples) {
        int count = two.rows().keep();
        return count == 0
                ? this
                : add(
                        Parts.keep("keep", learner, (step, random) -> TrainingRows.some(samples, count, random), seed),
                        two.keepWeight());
    }

    private StepTwoTerms add(Part part, double weight) {
        terms.add(new PartsTask.Weighted(part, weight));
        return this;
    }

    PartsTask task(String fingerprint) {
        return new PartsTask(learner, terms, fingerprint);
    }
}
