package dev.engram.recall;

import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.text.Message;
import dev.engram.train.BaseSamples;
import dev.engram.train.Example;
import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** The rows of training that are neither of the dataset's three types. */
final class TrainingRows {
    /** Facts that stay outside the candidates, if there are as many: for learning that nothing fits. */
    private static final int ABSENT = 200;
    /** Prompts whose answers by the base are kept, with tokens of an answer. */
    private static final int CHATS = 220;

    private static final int CHAT_TOKENS = 6;
    /** Texts of the base that are kept, with their tokens. */
    private static final int TEXTS = 64;

    private static final int TEXT_TOKENS = 32;

    private final CausalLm lm;
    private final RecallCorpus corpus;
    private final int others;
    private final boolean valueFirst;

    /** Rows for a model that is extended by the recall tokens, by a recipe. */
    TrainingRows(CausalLm lm, RecallCorpus corpus, RecallRecipe recipe) {
        this.lm = lm;
        this.others = recipe.others();
        this.valueFirst = recipe.two().valueFirst();
        this.corpus = corpus;
    }

    /** Facts that stand among the candidates without being in the bank; their numbers follow the bank's known memories. */
    static List<Fact> others(RecallCorpus corpus, int most) {
        int free = Math.max(corpus.others().size() / 2, corpus.others().size() - ABSENT);
        return corpus.others().subList(0, Math.min(most, free));
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
            all.add(question(corpus.trained().get(memory), random, memory));
        }
        return all;
    }

    /**
     * Conversations about facts outside the bank. What is asked is to be found among the candidates, and the answer is learned; the
     * recalled text is given, as it is for a memory that was never trained.
     */
    List<RecallRow> reading(RowBuilder rows, SplittableRandom random, int count) {
        int first = corpus.trained().size() + corpus.distractors().size();
        List<Fact> facts = others(corpus, others);
        List<RecallRow> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = random.nextInt(facts.size());
            Fact fact = facts.get(at);
            List<SftSample> conversations = RecallCorpus.conversations(fact, valueFirst);
            SftSample one = conversations.get(random.nextInt(conversations.size()));
            all.add(rows.full(one, random, fact.statement(), first + at).withoutMemoryLabels(rows.end()));
        }
        return all;
    }

    private RecallRow question(Fact fact, SplittableRandom random, int memory) {
        List<String> wordings = fact.trainQuestions();
        String q = wordings.get(random.nextInt(wordings.size()));
        int[] chat = lm.tokenizer().encode(lm.prompt(List.of(Message.user(q))) + RecallTokens.RECALL);
        return RecallRow.unlabelled(chat, memory);
    }

    /**
     * Ordinary text, which is to stay as the base predicts it: its answers to ordinary prompts, what it says after any word, and, where
     * there is some, text that others wrote. The model may have no adapter and no extension now.
     *
     * @param prose or null
     * @param most texts that will be looked at; a short run needs fewer
     */
    List<RecallRow> ordinary(Prose prose, long seed, int most) {
        int texts = Math.min(TEXTS, Math.max(1, most / 4));
        List<int[]> prompts = Stream.concat(
                        RecallThreshold.kept(corpus).stream(),
                        corpus.chats().stream()
                                .filter(c -> corpus.plain().contains(c.index()))
                                .map(TrainingRows::opening))
                .limit(Math.min(CHATS, Math.max(1, most / 2)))
                .map(p -> lm.tokenizer().encode(lm.prompt(List.of(Message.user(p)))))
                .toList();
        List<Example> samples = new ArrayList<>(BaseSamples.continuations(lm, prompts, CHAT_TOKENS, seed));
        samples.addAll(BaseSamples.text(lm, texts, TEXT_TOKENS, seed));
        if (prose != null) {
            prose.windows(lm.tokenizer(), TEXT_TOKENS, texts).forEach(w -> samples.add(new Example(w, w)));
        }
        return samples.stream()
                .map(s -> new RecallRow(RecallRow.Type.SFT_ONLY, s.ids(), s.labels(), -1, -1, -1, -1))
                .toList();
    }

    private static String opening(SftSample chat) {
        return chat.messages().stream()
                .filter(m -> m.role().equals("user"))
                .findFirst()
                .orElseThrow()
                .content();
    }

    static List<RecallRow> some(List<RecallRow> all, int count, SplittableRandom random) {
        List<RecallRow> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(all.get(random.nextInt(all.size())));
        }
        return some;
    }
}
