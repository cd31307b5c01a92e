package dev.engram.recall;

import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.text.ChatTemplate;
import dev.engram.model.text.Message;
import dev.engram.train.History;
import dev.engram.train.Lora;
import dev.engram.train.RowTraining;
import dev.engram.train.Schedule;
import dev.engram.train.Together;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import dev.engram.world.Fact;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Teaches a model to recall the trained memories of a corpus, in the seed's two steps or jointly, by a {@link RecallRecipe}.
 * {@link #lm} is the same model for inference and sees every update at once.
 */
public final class RecallTraining implements AutoCloseable {
    private static final int WARM_UP = 8;
    /** Memories of the test after every epoch. */
    private static final int TESTED = 2;
    /** Prompts whose continuations by the base are kept. */
    private static final int KEPT = 20;

    private static final int BASE_TOKENS = 40;
    /** Facts outside the bank that stand among the candidates. */
    private static final int OTHERS = 150;

    private static final List<String> LIKE_RECALL = List.of(" recall", " remember", " memory");
    private static final List<String> LIKE_END = List.of(" end", " done", " finish");

    private final RecallCorpus corpus;
    private final RecallRecipe recipe;
    private final long seed;
    private final Consumer<String> log;
    private final CausalLm lm;
    private final TrainableDecoder decoder;
    private final RecallTokens tokens;
    private final RowTraining rows;
    private final Lora lora;
    private final HeadParameters head;
    private final VectorSource source;
    private final MemoryBank bank;
    private final RowBuilder builder;
    private final SftPool pool;
    private final List<float[]> othersUnits = new ArrayList<>();
    private Path checkpoints;
    private int every = 10;

    /**
     * Opens the model twice, for training and for inference, and writes the bank with the untrained base.
     *
     * @param model as {@link CausalLm#open} takes it
     * @param lm the same model for inference, in f32; stays the caller's
     * @param log told what the seed's trainer logs
     */
    public RecallTraining(
            String model, CausalLm lm, RecallCorpus corpus, RecallRecipe recipe, long seed, Consumer<String> log) {
        this.corpus = corpus;
        this.recipe = recipe;
        this.seed = seed;
        this.log = log;
        this.lm = lm;
        lm.extend(null);
        lm.decoder().adapt(null);
        this.decoder = TrainableDecoder.open(model, DType.F32);
        this.rows = rows();
        lm.extend(rows.rows());
        this.tokens = RecallTokens.of(lm.tokenizer());
        this.lora = Lora.create(decoder, recipe.lora(), seed);
        this.source = source(recipe.vectors());
        this.head = new HeadParameters(decoder.newScope(), source.width(), seed);
        ChatTemplate template = lm.chatTemplate().orElseThrow();
        this.builder = new RowBuilder(
                lm.tokenizer(),
                template,
                tokens,
                lm.defaults().eos(),
                new RowBuilder.Style(
                        "",
                        "",
                        recipe.labelRecallInFront(),
                        RowBuilder.Style.seed().maxTokens()));
        this.pool = new SftPool(corpus.chats(), template, lm.tokenizer(), SftPool.MAX_TOKENS);
        this.bank = writeBank();
        log.accept("bank: " + bank.size() + " memories, " + source.name() + ", " + recipe.describe());
    }

    private VectorSource source(RecallRecipe.Vectors vectors) {
        return switch (vectors) {
            case LAST_TOKEN -> HiddenStateSource.seed(lm.decoder(), lm.tokenizer());
            case MEAN -> HiddenStateSource.finalMean(lm.decoder(), lm.tokenizer());
            case LAYER_MEAN -> HiddenStateSource.layerMean(lm.decoder(), lm.tokenizer());
        };
    }

    /** New rows that begin like related words; the pad's row is never read, since a vector stands in its place. */
    private RowTraining rows() {
        int first = lm.config().vocab();
        return new RowTraining(
                decoder,
                List.of(
                        new RowTraining.Token(RecallTokens.RECALL, first, like(LIKE_RECALL)),
                        new RowTraining.Token(RecallTokens.END, first + 1, like(LIKE_END)),
                        new RowTraining.Token(RecallTokens.PAD, first + 2, like(LIKE_RECALL))));
    }

    private int[] like(List<String> words) {
        return words.stream()
                .flatMapToInt(w -> java.util.Arrays.stream(lm.tokenizer().encode(w)))
                .toArray();
    }

    /** Vectors and means are the untrained base's; what is fresh takes no part in the means. */
    private MemoryBank writeBank() {
        List<Fact> known = new ArrayList<>(corpus.trained());
        known.addAll(corpus.distractors());
        List<float[]> vectors = source.vectors(statements(known));
        Centring centring = Centring.none(source.width());
        if (recipe.centred()) {
            List<RecallTest.Question> questions = corpus.trained().stream()
                    .map(f -> new RecallTest.Question(f.trainQuestions().get(0), 0))
                    .toList();
            centring = Centring.of(vectors, new RecallTest(lm, corpus, settings(), null, seed).queries(questions));
        }
        MemoryBank written = new MemoryBank(
                lm.decoder().backend().fingerprint(), source.name(), centring, MemoryBank.DEFAULT_CAP, Eviction.LRU);
        for (int i = 0; i < known.size(); i++) {
            written.add(RecallCorpus.memory(known.get(i)), vectors.get(i));
        }
        List<float[]> fresh = source.vectors(statements(corpus.fresh()));
        for (int i = 0; i < fresh.size(); i++) {
            written.add(RecallCorpus.memory(corpus.fresh().get(i)), fresh.get(i));
        }
        corpus.trained().forEach(f -> written.learned(f.id(), true));
        for (float[] raw : source.vectors(statements(others()))) {
            othersUnits.add(centring.memory(raw));
        }
        return written;
    }

    private static List<String> statements(List<Fact> facts) {
        return facts.stream().map(Fact::statement).toList();
    }

    private List<Fact> others() {
        return corpus.others().subList(0, Math.min(OTHERS, corpus.others().size()));
    }

    public CausalLm lm() {
        return lm;
    }

    public MemoryBank bank() {
        return bank;
    }

    public VectorSource source() {
        return source;
    }

    /** How vectors are injected, in training as in inference. */
    public RecallSettings settings() {
        return RecallSettings.defaults()
                .withInjectionScale(recipe.injectionScale())
                .withStoredText(RecallSettings.StoredText.NEVER);
    }

    /** The memory head as it is now; the caller closes it. */
    public MemoryHead memoryHead() {
        return new MemoryHead(
                decoder.newScope(), bank, headConfig(), head.nothing().toFloatArray());
    }

    /** The head's settings: the seed's, or with what was learned. */
    public MemoryHeadConfig headConfig() {
        return recipe.centred() ? head.config() : MemoryHeadConfig.seed();
    }

    /** Saves the state every {@code steps} updates under this folder, and goes on from it. */
    public RecallTraining checkpointing(Path folder, int steps) {
        checkpoints = folder;
        every = steps;
        return this;
    }

    /** Both steps; afterwards {@link #lm} recalls. */
    public List<History> train() {
        List<History> histories = new ArrayList<>();
        lm.decoder().adapt(lora.adapter());
        if (recipe.alignSteps() > 0) {
            histories.add(align());
        }
        if (recipe.steps() > 0) {
            histories.add(decode());
        }
        return histories;
    }

    /** Step 1 (the seed's section 4.2): what the query is. */
    private History align() {
        try (Learner learner = learner();
                Candidates candidates = candidates()) {
            Part part = recipe.alignment() == RecallRecipe.Alignment.MSE
                    ? QueryAlignment.mse(learner, textRows(), recipe.alignRows(), seed)
                    : Parts.queries(
                            "query",
                            learner,
                            (step, random) -> questionRows(random, recipe.alignRows()),
                            candidates,
                            head,
                            sample -> -1,
                            seed);
            PartsTask task = new PartsTask(
                    learner, List.of(new PartsTask.Weighted(part, 1)), "step 1, " + seed + ", " + recipe.describe());
            return run("Step 1: query", task, recipe.alignSteps(), recipe.alignRate(), recipe.alignSteps());
        }
    }

    /** The memories and as many thoughts as the seed's step 1 takes, each with its own vector. */
    private List<QueryAlignment.Text> textRows() {
        List<String> texts = new ArrayList<>(statements(corpus.trained()));
        ThinkSamples.draw(pool, lm.tokenizer(), corpus.trained().size(), SftPool.MAX_TOKENS, seed)
                .forEach(t -> texts.add(t.text()));
        List<float[]> vectors = source.vectors(texts);
        List<QueryAlignment.Text> all = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            int[] ids = lm.tokenizer().encode(texts.get(i) + RecallTokens.RECALL);
            all.add(new QueryAlignment.Text(ids, bank.centring().memory(vectors.get(i))));
        }
        return all;
    }

    /** Step 2 (the seed's section 4.3), with the other terms of the recipe. */
    private History decode() {
        try (Learner learner = learner();
                Candidates candidates = candidates()) {
            List<PartsTask.Weighted> parts = new ArrayList<>();
            MixedMemorySftDataset data = dataset();
            NothingRows nothing = new NothingRows(corpus, builder);
            Learner.Vectors vectors = this::vector;
            if (recipe.full() > 0) {
                Parts.Rows full = Parts.epochs(data, MixedMemorySftDataset.Epoch::full, recipe.full());
                Parts.Rows mixed = (step, random) -> {
                    List<RecallRow> all = new ArrayList<>(full.at(step, random));
                    for (int i = 0; i < recipe.nothing(); i++) {
                        all.add(nothing.draw(random));
                    }
                    report(step, all);
                    return all;
                };
                Part part = recipe.queryWeight() > 0
                        ? Parts.tokensAndQueries(
                                "full", learner, mixed, vectors, candidates, head, recipe.queryWeight(), seed)
                        : Parts.tokens("full", learner, mixed, vectors, seed);
                parts.add(new PartsTask.Weighted(part, 1));
            }
            if (recipe.front() > 0) {
                Parts.Rows front = Parts.epochs(data, MixedMemorySftDataset.Epoch::front, recipe.front());
                parts.add(new PartsTask.Weighted(Parts.tokens("front", learner, front, vectors, seed), 1));
            }
            if (recipe.sft() > 0) {
                Parts.Rows sft = Parts.epochs(data, MixedMemorySftDataset.Epoch::sft, recipe.sft());
                parts.add(new PartsTask.Weighted(
                        Parts.tokens("sft", learner, sft, null, seed), recipe.keep() > 0 ? 0.3 : 1));
            }
            if (recipe.align() > 0) {
                Part align = Parts.queries(
                        "align",
                        learner,
                        (step, random) -> otherRows(random, recipe.align()),
                        candidates,
                        head,
                        sample -> sample,
                        seed);
                parts.add(new PartsTask.Weighted(
                        align, recipe.align() / (double) Math.max(1, recipe.full() + recipe.nothing())));
            }
            if (recipe.keep() > 0) {
                List<RecallRow> samples = baseSamples();
                Part keep = Parts.keep("keep", learner, (step, random) -> some(samples, recipe.keep(), random), seed);
                parts.add(new PartsTask.Weighted(keep, recipe.keepWeight()));
            }
            PartsTask task = new PartsTask(learner, parts, "step 2, " + seed + ", " + recipe.describe());
            int perEpoch = Math.max(1, data.rowsPerType() / Math.max(1, Math.max(recipe.full(), recipe.front())));
            return run("Step 2: decoding", task, recipe.steps(), recipe.learningRate(), perEpoch);
        }
    }

    private MixedMemorySftDataset dataset() {
        return new MixedMemorySftDataset(
                statements(corpus.trained()),
                recipe.ownQuestions()
                        ? memory -> RecallCorpus.conversations(corpus.trained().get(memory))
                        : null,
                recipe.ownQuestions() ? s -> corpus.plain().contains(s.index()) : s -> true,
                pool,
                builder,
                recipe.contextTokens(),
                seed,
                log);
    }

    /** The seed's log: type, insert position, context length. */
    private void report(int step, List<RecallRow> all) {
        if (step % every == 0) {
            log.accept("step " + step + ", " + all.get(0).describe());
        }
    }

    private float[] vector(RecallRow row) {
        return row.memory() == RecallRow.NOTHING ? head.nothing().toFloatArray() : bank.vector(row.memory());
    }

    private Learner learner() {
        return new Learner(decoder, lora.adapter(), rows.rows(), recipe.injectionScale(), recipe.noise());
    }

    private Candidates candidates() {
        List<float[]> units = new ArrayList<>();
        for (int i = 0; i < corpus.trained().size() + corpus.distractors().size(); i++) {
            units.add(bank.vector(i));
        }
        units.addAll(othersUnits);
        return new Candidates(decoder.newScope(), units, bank.centring().queryMean());
    }

    /** Questions on trained memories, up to {@code <recall>}. */
    private List<RecallRow> questionRows(SplittableRandom random, int count) {
        List<RecallRow> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int memory = random.nextInt(corpus.trained().size());
            Fact fact = corpus.trained().get(memory);
            all.add(question(fact, random, memory, -1));
        }
        return all;
    }

    /** Questions on facts outside the bank: half find their fact among the candidates, half are to find nothing without it. */
    private List<RecallRow> otherRows(SplittableRandom random, int count) {
        int first = corpus.trained().size() + corpus.distractors().size();
        List<RecallRow> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(others().size());
            boolean stored = random.nextBoolean();
            all.add(question(
                    others().get(other),
                    random,
                    stored ? first + other : RecallRow.NOTHING,
                    stored ? -1 : first + other));
        }
        return all;
    }

    private RecallRow question(Fact fact, SplittableRandom random, int memory, int hidden) {
        String q =
                fact.trainQuestions().get(random.nextInt(fact.trainQuestions().size()));
        int[] chat = lm.tokenizer().encode(lm.prompt(List.of(Message.user(q))) + RecallTokens.RECALL);
        return RecallRow.unlabelled(chat, memory, hidden);
    }

    private List<RecallRow> baseSamples() {
        List<int[]> prompts = new ArrayList<>();
        for (String p : corpus.ordinaryTrain()
                .subList(0, Math.min(KEPT, corpus.ordinaryTrain().size()))) {
            prompts.add(lm.tokenizer().encode(lm.prompt(List.of(Message.user(p)))));
        }
        for (String word : List.of("The", "In", "When", "A", "She", "He", "We", "There", "It", "On", "My", "This")) {
            prompts.add(lm.tokenizer().encode(word));
        }
        lm.decoder().adapt(null);
        lm.extend(null);
        List<int[]> drawn = BaseSamples.draw(
                lm.decoder(),
                prompts,
                BASE_TOKENS,
                lm.defaults().eos().iterator().next(),
                seed);
        lm.extend(rows.rows());
        lm.decoder().adapt(lora.adapter());
        return drawn.stream().map(ids -> RecallRow.unlabelled(ids, -1, -1)).toList();
    }

    private static List<RecallRow> some(List<RecallRow> all, int count, SplittableRandom random) {
        List<RecallRow> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(all.get(random.nextInt(all.size())));
        }
        return some;
    }

    /** Writes adapter, token rows, head and bank into a folder; {@link RecallFolder} opens it. */
    public void save(Path folder) {
        RecallFolder.save(folder, lora, rows.rows(), head, bank, settings(), headConfig());
    }

    /** The seed's test_memory_recall: a few memories by their true vector, and by the one that their question retrieves. */
    private void testMemoryRecall(int epoch) {
        RecallTest test = new RecallTest(lm, corpus, settings(), null, seed);
        SplittableRandom random = Shuffle.stream(seed, "recall test".hashCode(), epoch);
        try (MemoryHead memories = memoryHead()) {
            for (int i = 0; i < TESTED; i++) {
                int memory = random.nextInt(corpus.trained().size());
                Fact fact = corpus.trained().get(memory);
                String question = fact.trainQuestions().get(0);
                float[] query = test.queries(List.of(new RecallTest.Question(question, memory)))
                        .get(0);
                int found = memories.best(query);
                List<String> said =
                        test.said(corpus.ordinaryTrain().get(0), List.of(bank.vector(memory), bank.vector(found)));
                log.accept("epoch " + epoch + ", recall test: '" + fact.statement() + "' by its vector: '" + said.get(0)
                        + "', by the retrieved one (" + (found == memory ? "right" : "wrong") + "): '" + said.get(1)
                        + "'");
            }
        }
    }

    private History run(String name, PartsTask task, int steps, double rate, int perEpoch) {
        TrainConfig config = TrainConfig.of(steps, rate)
                .withName(name)
                .withAccumulation(task.size())
                .withSchedule(Schedule.linear(Math.min(WARM_UP, steps / 4)));
        if (checkpoints != null) {
            config = config.withCheckpoints(
                    checkpoints.resolve(name.substring(0, 6)
                            .toLowerCase(java.util.Locale.ROOT)
                            .replace(' ', '-')),
                    every,
                    1);
        }
        return new Trainer(Together.of(lora, rows, head), config)
                .onStep(e -> {
                    if ((e.step() + 1) % perEpoch == 0 && task.size() > 1) {
                        testMemoryRecall((e.step() + 1) / perEpoch);
                    }
                    if (e.step() % every == every - 1) {
                        log.accept(name + ", update " + (e.step() + 1) + ": " + e.parts());
                    }
                })
                .run(task);
    }

    @Override
    public void close() {
        lm.decoder().adapt(null);
        lm.extend(null);
        head.close();
        lora.close();
        rows.close();
        decoder.close();
    }
}
