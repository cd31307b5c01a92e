package dev.engram.recall;

import dev.engram.eval.Prose;
import dev.engram.model.Adapter;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TokenRows;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.ModelSource;
import dev.engram.model.source.TensorType;
import dev.engram.model.text.ChatTemplate;
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
import java.util.function.Consumer;

/**
 * Teaches a model to recall the trained memories of a corpus, in the seed's two steps or jointly, by a {@link RecallRecipe}.
 * {@link #lm} is the same model for inference and sees every update at once.
 */
public final class RecallTraining implements AutoCloseable {
    private static final int WARM_UP = 8;

    private final String model;
    private final RecallCorpus corpus;
    private final RecallRecipe recipe;
    private final long seed;
    private final Consumer<String> log;
    private final CausalLm base;
    private final TrainableDecoder decoder;
    private final RowTraining rows;
    private final Lora lora;
    private final HeadParameters head;
    private final VectorSource source;
    private final RowBuilder builder;
    private final SftPool pool;
    private final BankWriter.Written written;
    /** The model for inference: the base, or after a step 1 with adapters of its own the base with those merged. */
    private CausalLm lm;
    /** Adapters of step 1, merged by now; null where step 1 trained those of step 2. */
    private Lora aligned;

    private Path checkpoints;
    private int every = 10;
    private double recallBias;
    private int favoured = Integer.MAX_VALUE;
    private int times = 1;
    private Prose kept;

    /**
     * Opens the model for training and writes the bank with the untrained base.
     *
     * @param model as {@link CausalLm#open} takes it
     * @param lm the same model for inference, in f32; stays the caller's, and is as before after {@link #close}
     * @param log told what the seed's trainer logs
     */
    public RecallTraining(
            String model, CausalLm lm, RecallCorpus corpus, RecallRecipe recipe, long seed, Consumer<String> log) {
        this(model, lm, corpus, recipe, seed, log, DType.F32, null);
    }

    /**
     * The same with a base of another format.
     *
     * @param frozen of the weights that do not learn while training: F32, BF16, or AUTO for the faster one here; adapters stay f32
     * @param from folder of an earlier round, whose adapter, rows, head and means this one begins with; null for a first round
     */
    public RecallTraining(
            String model,
            CausalLm lm,
            RecallCorpus corpus,
            RecallRecipe recipe,
            long seed,
            Consumer<String> log,
            DType frozen,
            Path from) {
        this.model = model;
        this.corpus = corpus;
        this.recipe = recipe;
        this.seed = seed;
        this.log = log;
        this.base = lm;
        this.lm = lm;
        lm.decoder().adapt(null);
        this.decoder = TrainableDecoder.open(model, frozen);
        RecallFolder.Saved begun = from == null ? null : RecallFolder.Saved.read(decoder.newScope(), lm, from);
        this.rows = begun == null ? RecallTokens.newRows(decoder, lm) : new RowTraining(decoder, begun.rows());
        lm.extend(rows.rows());
        this.lora = begun == null ? Lora.create(decoder, recipe.two().lora(), seed) : begun.lora();
        this.source = source(recipe.vectors());
        this.head = begun == null
                ? new HeadParameters(decoder.newScope(), source.width(), seed)
                : HeadParameters.of(decoder.newScope(), begun.config(), begun.nothing());
        ChatTemplate template = lm.chatTemplate().orElseThrow();
        RowBuilder.Style seedStyle = RowBuilder.Style.seed();
        this.builder = new RowBuilder(
                lm.tokenizer(),
                template,
                RecallTokens.of(lm.tokenizer()),
                lm.defaults().eos(),
                new RowBuilder.Style("", "", recipe.two().labelRecallInFront(), seedStyle.maxTokens()));
        this.pool = new SftPool(corpus.chats(), template, lm.tokenizer(), SftPool.MAX_TOKENS);
        int others = recipe.others();
        BankWriter writer = new BankWriter(lm, corpus, source, others);
        this.written = begun == null
                ? writer.write(recipe.centred())
                : writer.write(begun.bank().centring());
        log.accept("bank: " + bank().size() + " memories, " + source.name() + ", " + recipe.describe());
    }

    private VectorSource source(RecallRecipe.Vectors vectors) {
        return switch (vectors) {
            case LAST_TOKEN -> HiddenStateSource.seed(lm.decoder(), lm.tokenizer());
            case MEAN -> HiddenStateSource.finalMean(lm.decoder(), lm.tokenizer());
            case LAYER_MEAN -> HiddenStateSource.layerMean(lm.decoder(), lm.tokenizer());
        };
    }

    /** The model that learns, for inference. */
    public CausalLm lm() {
        return lm;
    }

    /** The recall tokens' rows; they live as long as this. */
    public TokenRows rows() {
        return rows.rows();
    }

    public MemoryBank bank() {
        return written.bank();
    }

    /** The adapters that learn. */
    Adapter adapter() {
        return lora.adapter();
    }

    /** What writes the bank's vectors. */
    public VectorSource source() {
        return source;
    }

    /** How vectors are injected, in training as in inference. */
    public RecallSettings settings() {
        return RecallSettings.defaults()
                .withInjectionScale(recipe.injectionScale())
                .withRecallBias(recallBias)
                .withStoredText(RecallSettings.StoredText.NEVER);
    }

    /** The memory head as it is now; the caller closes it. */
    public MemoryHead memoryHead() {
        return new MemoryHead(
                decoder.newScope(), bank(), headConfig(), head.nothing().toFloatArray());
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

    /** Texts that are to stay as predictable as they are, beside what the model itself says; measure on others. */
    public RecallTraining keeping(Prose prose) {
        kept = prose;
        return this;
    }

    /** Memories from this number on are trained so many times as often as those before. */
    public RecallTraining favouring(int first, int often) {
        favoured = first;
        times = often;
        return this;
    }

    /** Both steps; afterwards {@link #lm} recalls. */
    public List<History> train() {
        List<History> histories = new ArrayList<>();
        if (recipe.one().steps() > 0) {
            histories.add(align(recipe.one()));
        }
        if (recipe.two().steps() > 0) {
            histories.add(decode(recipe.two()));
        }
        if (recipe.two().queryWeight() > 0
                && !corpus.distractors().isEmpty()
                && !corpus.unknownTrain().isEmpty()) {
            calibrate();
        }
        return histories;
    }

    private void calibrate() {
        try (MemoryHead memories = memoryHead()) {
            RecallTest test = new RecallTest(lm, corpus, settings(), null, seed);
            NothingThreshold threshold = NothingThreshold.of(memories, test, corpus);
            head.moveBias(-threshold.limit());
            log.accept(threshold.report());
            RecallThreshold recalling = RecallThreshold.of(test, corpus);
            recallBias = recalling.bias();
            log.accept(recalling.report());
        }
    }

    /** Step 1 (the seed's section 4.2): what the query is. */
    private History align(RecallRecipe.StepOne one) {
        Lora own = one.ownLora() == null ? lora : Lora.create(decoder, one.ownLora(), seed);
        TrainingRows more = new TrainingRows(lm, corpus, recipe);
        try (Learner learner = learner(own);
                Candidates candidates = candidates()) {
            Part part = one.alignment() == RecallRecipe.Alignment.MSE
                    ? QueryAlignment.mse(
                            learner, more.texts(stepOneTexts(), source, bank().centring()), one.rows(), seed)
                    : Parts.queries(
                            "query",
                            learner,
                            (step, random) -> more.questions(random, one.rows()),
                            candidates,
                            head,
                            seed);
            PartsTask task =
                    new PartsTask(learner, List.of(new PartsTask.Weighted(part, 1)), "step 1, " + seed + ", " + recipe);
            lm.decoder().adapt(own.adapter());
            History history = run("step-1", own, task, one.steps(), one.learningRate(), 0);
            if (own != lora) {
                mergeStepOne(own);
            }
            return history;
        }
    }

    /** The memories, and as many thoughts as the seed takes. */
    private List<String> stepOneTexts() {
        List<String> texts = new ArrayList<>(statements());
        ThinkSamples.draw(pool, lm.tokenizer(), texts.size(), SftPool.MAX_TOKENS, seed)
                .forEach(t -> texts.add(t.text()));
        return texts;
    }

    private List<String> statements() {
        return corpus.trained().stream().map(Fact::statement).toList();
    }

    /** Step 2 begins with step 1 in the weights, as in the seed. */
    private void mergeStepOne(Lora own) {
        aligned = own;
        lm.decoder().adapt(null);
        try (Checkpoint checkpoint = ModelSource.open(model)) {
            lm = CausalLm.open(
                    own.merged(checkpoint),
                    LoadOptions.defaults().withDtype(DType.F32).withThreads(Torch.threads()));
        }
        own.merge(decoder);
        lm.extend(rows.rows());
    }

    /** Step 2 (the seed's section 4.3), with the other terms of the recipe. */
    private History decode(RecallRecipe.StepTwo two) {
        TrainingRows more = new TrainingRows(lm, corpus, recipe);
        lm.decoder().adapt(null);
        lm.decoder().extend(null);
        int looked = two.rows().keep() * two.steps();
        List<RecallRow> samples = looked == 0 ? List.of() : more.ordinary(kept, seed, looked);
        lm.decoder().extend(rows.rows());
        lm.decoder().adapt(lora.adapter());
        boolean own = two.ownQuestions();
        MixedMemorySftDataset data = new MixedMemorySftDataset(
                        statements(),
                        own
                                ? memory -> RecallCorpus.conversations(
                                        corpus.trained().get(memory), two.valueFirst())
                                : null,
                        own ? s -> corpus.plain().contains(s.index()) : s -> true,
                        pool,
                        builder,
                        two.contextTokens(),
                        seed,
                        log)
                .favouring(favoured, times);
        try (Learner learner = learner(lora);
                Candidates candidates = candidates()) {
            PartsTask task = new StepTwoTerms(two, learner, this::vector, candidates, head, seed)
                    .full(data, new NothingRows(corpus, builder, recipe.others()), this::report)
                    .front(data)
                    .sft(data)
                    .read(more, builder)
                    .keep(samples)
                    .task("step 2, " + seed + ", " + recipe);
            int rowsAStep = Math.max(two.rows().full(), two.rows().front());
            int epoch = Math.max(1, data.rowsPerType() / rowsAStep);
            return run("step-2", lora, task, two.steps(), two.learningRate(), epoch);
        }
    }

    /** The seed's log: type, insert position, context length. */
    private void report(int step, RecallRow first) {
        if (step % every == 0) {
            log.accept("step " + step + ", " + first.describe());
        }
    }

    private float[] vector(RecallRow row) {
        return row.memory() == RecallRow.NOTHING ? head.nothing().toFloatArray() : bank().vector(row.memory());
    }

    private Learner learner(Lora learning) {
        return new Learner(decoder, learning.adapter(), rows.rows(), recipe.injectionScale(), recipe.noise());
    }

    private Candidates candidates() {
        List<float[]> units = new ArrayList<>();
        for (int i = 0; i < corpus.trained().size() + corpus.distractors().size(); i++) {
            units.add(bank().vector(i));
        }
        units.addAll(written.others());
        return new Candidates(decoder.newScope(), units, bank().centring().queryMean());
    }

    private void testMemoryRecall(int epoch) {
        try (MemoryHead memories = memoryHead()) {
            new EpochTest(new RecallTest(lm, corpus, settings(), null, seed), corpus, seed)
                    .lines(memories, epoch)
                    .forEach(log);
        }
    }

    /** Trains; after every {@code epoch} updates memories are tested, 0 for never. */
    private History run(String name, Lora learning, PartsTask task, int steps, double rate, int epoch) {
        TrainConfig config = TrainConfig.of(steps, rate)
                .withName("Recall, " + name)
                .withAccumulation(task.size())
                .withSchedule(Schedule.linear(Math.min(WARM_UP, steps / 4)));
        if (checkpoints != null) {
            config = config.withCheckpoints(checkpoints.resolve(name), every, 1);
        }
        return new Trainer(Together.of(learning, rows, head), config)
                .onStep(e -> {
                    int done = e.step() + 1;
                    if (epoch > 0 && done % epoch == 0) {
                        testMemoryRecall(done / epoch);
                    }
                    if (done % every == 0) {
                        log.accept(name + ", update " + done + ": " + e.parts());
                    }
                })
                .run(task);
    }

    /** The checkpoint with everything that was trained in its weights; the token rows stay beside it. */
    public Checkpoint merged(Checkpoint checkpoint) {
        return lora.merged(aligned == null ? checkpoint : aligned.merged(checkpoint));
    }

    /**
     * Writes adapter, token rows, head and bank into a folder; {@link RecallFolder} opens it. Where step 1 had adapters of its own,
     * which are merged, there is no folder that holds all: use {@link #merged}.
     *
     * @param type of the adapter's numbers: F32, or BF16 at half the size
     */
    public void save(Path folder, TensorType type) {
        if (aligned != null) {
            throw new IllegalStateException("step 1 is merged into the weights; save the merged checkpoint");
        }
        RecallFolder.save(folder, lora, type, rows.rows(), head, bank(), settings(), headConfig());
    }

    @Override
    public void close() {
        lm.decoder().adapt(null);
        lm.extend(null);
        base.extend(null);
        if (lm != base) {
            lm.close();
        }
        if (aligned != null) {
            aligned.close();
        }
        head.close();
        rows.close(); // before the adapter, which owns them where an earlier round left them
        lora.close();
        decoder.close();
    }
}
