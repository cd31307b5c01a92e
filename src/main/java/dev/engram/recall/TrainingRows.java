package dev.engram.recall;

import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.text.Message;
import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The rows of training that are neither of the dataset's three types. */
final class TrainingRows {
    /** Facts outside the bank that stand among the candidates. */
    private static final int OTHERS = 150;
    /** Prompts whose continuations by the base are kept, and tokens of a continuation. */
    private static final int KEPT = 20;

    private static final int BASE_TOKENS = 40;
    private static final List<String> OPENINGS =
            List.of("The", "In", "When", "A", "She", "He", "We", "There", "It", "On", "My", "This");

    private final CausalLm lm;
    private final RecallCorpus corpus;

    /** Rows for a model that is extended by the recall tokens. */
    TrainingRows(CausalLm lm, RecallCorpus corpus) {
        this.lm = lm;
        this.corpus = corpus;
    }

    /** Facts that stand among the candidates without being in the bank; their numbers follow the bank's known memories. */
    static List<Fact> others(RecallCorpus corpus) {
        return corpus.others().subList(0, Math.min(OTHERS, corpus.others().size()));
    }

    /** Texts of step 1 as the seed takes them, up to {@code <recall>}. */
    List<QueryAlignment.Text> texts(List<String> texts, VectorSource source, Centring centring) {
        List<float[]> vectors = source.vectors(texts);
        List<QueryAlignment.Text> all = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            int[] ids = lm.tokenizer().encode(texts.get(i) + RecallTokens.RECALL);
            all.add(new QueryAlignment.Text(ids, centring.memory(vectors.get(i))));
        }
        return all;
    }

    /** Questions on trained memories, up to {@code <recall>}. */
    List<RecallRow> questions(SplittableRandom random, int count) {
        List<RecallRow> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int memory = random.nextInt(corpus.trained().size());
            all.add(question(corpus.trained().get(memory), random, memory, -1));
        }
        return all;
    }

    /**
     * Questions on facts outside the bank: half find their fact among the candidates, half are to find nothing without it. The
     * candidate that is left out stands in place of the row's sample.
     */
    List<RecallRow> otherQuestions(SplittableRandom random, int count) {
        int first = corpus.trained().size() + corpus.distractors().size();
        List<Fact> others = others(corpus);
        List<RecallRow> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = random.nextInt(others.size());
            boolean stored = random.nextBoolean();
            all.add(question(
                    others.get(at), random, stored ? first + at : RecallRow.NOTHING, stored ? -1 : first + at));
        }
        return all;
    }

    private RecallRow question(Fact fact, SplittableRandom random, int memory, int hidden) {
        List<String> wordings = fact.trainQuestions();
        String q = wordings.get(random.nextInt(wordings.size()));
        int[] chat = lm.tokenizer().encode(lm.prompt(List.of(Message.user(q))) + RecallTokens.RECALL);
        return RecallRow.unlabelled(chat, memory, hidden);
    }

    /** What the base says to ordinary prompts and after ordinary words. */
    List<RecallRow> baseSamples(Decoder base, long seed) {
        List<int[]> prompts = new ArrayList<>();
        for (String p : corpus.ordinaryTrain()
                .subList(0, Math.min(KEPT, corpus.ordinaryTrain().size()))) {
            prompts.add(lm.tokenizer().encode(lm.prompt(List.of(Message.user(p)))));
        }
        OPENINGS.forEach(word -> prompts.add(lm.tokenizer().encode(word)));
        int eos = lm.defaults().eos().iterator().next();
        return BaseSamples.draw(base, prompts, BASE_TOKENS, eos, seed).stream()
                .map(ids -> RecallRow.unlabelled(ids, -1, -1))
                .toList();
    }

    static List<RecallRow> some(List<RecallRow> all, int count, SplittableRandom random) {
        List<RecallRow> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(all.get(random.nextInt(all.size())));
        }
        return some;
    }
}
