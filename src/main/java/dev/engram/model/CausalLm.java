package dev.engram.model;

import ai.djl.ndarray.NDManager;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.engine.Backend;
import dev.engram.model.engine.Formats;
import dev.engram.model.engine.KernelChoice;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.GenerationDefaults;
import dev.engram.model.source.ModelSource;
import dev.engram.model.text.ChatTemplate;
import dev.engram.model.text.Message;
import dev.engram.model.text.Tokenizer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A language model, opened: tokenizer, chat template and decoder. One object serves several threads, each with its own
 * {@link KvCache}.
 *
 * <pre>{@code
 * try (CausalLm lm = CausalLm.open("default")) {
 *     System.out.println(lm.chat("What is the capital of France?", GenerationConfig.greedy(20)).text());
 * }
 * }</pre>
 */
public final class CausalLm implements AutoCloseable {
    private final Path origin;
    private final Decoder decoder;
    private final Tokenizer own;
    private volatile Tokenizer tokenizer;
    private final ChatTemplate template;
    private final GenerationDefaults defaults;

    private CausalLm(Checkpoint checkpoint, Decoder decoder, Tokenizer tokenizer) {
        this.origin = checkpoint.origin();
        this.decoder = decoder;
        this.own = tokenizer;
        this.tokenizer = tokenizer;
        this.defaults = checkpoint.generationDefaults();
        this.template = checkpoint
                .chatTemplate()
                .map(source -> ChatTemplate.of(source, specialTokens()))
                .orElse(null);
    }

    /**
     * Opens a model as fast as this machine allows.
     *
     * @param model "default", a GGUF file, a folder in Hugging Face layout, or a Hugging Face id
     */
    public static CausalLm open(String model) {
        return open(model, LoadOptions.defaults());
    }

    /** Opens a model; bad files and settings give a {@link BadInputException}. */
    public static CausalLm open(String model, LoadOptions options) {
        NDManager manager = Torch.manager(options.device());
        try (Checkpoint checkpoint = ModelSource.open(model)) {
            return open(checkpoint, options, manager);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Opens a checkpoint that is already in hand, such as a base with an adapter merged into it; the checkpoint stays the caller's and
     * may be closed afterwards.
     */
    public static CausalLm open(Checkpoint checkpoint, LoadOptions options) {
        NDManager manager = Torch.manager(options.device());
        try {
            return open(checkpoint, options, manager);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private static CausalLm open(Checkpoint checkpoint, LoadOptions options, NDManager manager) {
        Torch.setThreads(
                options.threads() > 0
                        ? options.threads()
                        : new KernelChoice(manager, checkpoint.config()).threads(Torch.mostThreads()));
        Tokenizer tokenizer = new Tokenizer(checkpoint.tokenizerJson());
        DType dtype = options.dtype() == DType.AUTO ? AutoFormat.choose(checkpoint) : options.dtype();
        Backend backend = Formats.open(manager, checkpoint, dtype);
        return new CausalLm(checkpoint, new Decoder(checkpoint.config(), backend), tokenizer);
    }

    /**
     * Adds tokens: the tokenizer reads them as special tokens, the decoder holds their rows beside its tables; null takes them away. The rows
     * stay the caller's. Rows whose ids the tokenizer does not give to their tokens are refused.
     */
    public void extend(TokenRows rows) {
        Tokenizer next = own;
        if (rows != null) {
            List<String> added =
                    rows.tokens().stream().filter(t -> own.idOf(t).isEmpty()).toList();
            next = added.isEmpty() ? own : own.withAddedTokens(added);
            for (int i = 0; i < rows.ids().length; i++) {
                String token = rows.tokens().get(i);
                if (next.idOf(token).orElse(-1) != rows.ids()[i]) {
                    int found = next.idOf(token).orElse(-1);
                    closeAdded(next);
                    throw new BadInputException("The token rows hold " + token + " as token " + rows.ids()[i]
                            + ", but this model's tokenizer gives it " + found + "; use rows made with this model.");
                }
            }
        }
        decoder.extend(rows);
        closeAdded(tokenizer);
        tokenizer = next;
    }

    private void closeAdded(Tokenizer t) {
        if (t != own) {
            t.close();
        }
    }

    private Map<String, String> specialTokens() {
        Map<String, String> tokens = new HashMap<>();
        defaults.bos().ifPresent(id -> tokens.put("bos_token", tokenizer.tokenOf(id)));
        defaults.eos().stream().findFirst().ifPresent(id -> tokens.put("eos_token", tokenizer.tokenOf(id)));
        defaults.pad().ifPresent(id -> tokens.put("pad_token", tokenizer.tokenOf(id)));
        return tokens;
    }

    public LmConfig config() {
        return decoder.config();
    }

    public Decoder decoder() {
        return decoder;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    public Optional<ChatTemplate> chatTemplate() {
        return Optional.ofNullable(template);
    }

    public GenerationDefaults defaults() {
        return defaults;
    }

    /** The file or folder it was opened from. */
    public Path origin() {
        return origin;
    }

    /** Number format and kernels in use, such as {@code int4[int4,int8] + prompts bf16[plain,plain]}. */
    public String format() {
        return decoder.backend().describe();
    }

    /** Short name of the number format: f32, bf16, int8 or int4. */
    public String dtype() {
        return decoder.backend().first().format().name();
    }

    /** cpu or cuda. */
    public String device() {
        return decoder.backend().manager().getDevice().isGpu() ? "cuda" : "cpu";
    }

    /** Renders messages with the model's template and opens the assistant's turn. */
    public String prompt(List<Message> messages) {
        if (template == null) {
            throw new BadInputException(
                    origin
                            + " has no chat template; use --raw, or a model whose files include one (tokenizer_config.json or chat_template.jinja).");
        }
        return template.render(messages, true);
    }

    /** Answers one user message. */
    public Generation chat(String user, GenerationConfig config) {
        return generate(prompt(List.of(Message.user(user))), config);
    }

    /** Continues a text; no template and no special token is added. */
    public Generation generate(String prompt, GenerationConfig config) {
        return generate(prompt, config, GenerationListener.SILENT);
    }

    public Generation generate(String prompt, GenerationConfig config, GenerationListener listener) {
        try (KvCache cache = decoder.newCache()) {
            return generate(tokenizer.encode(prompt), cache, config, Seams.none(), null, listener);
        }
    }

    /**
     * Continues token ids, with everything that can act on a generation.
     *
     * @param prompt ids that follow the cache's text
     * @param cache where keys and values go; may hold earlier text
     * @param seams plug-ins inside the model
     * @param policy decides which slots of the cache are kept, or null
     */
    public Generation generate(
            int[] prompt,
            KvCache cache,
            GenerationConfig config,
            Seams seams,
            CachePolicy policy,
            GenerationListener listener) {
        return generate(prompt, cache, config, seams, policy, null, listener);
    }

    /**
     * The same where vectors may stand in place of tokens.
     *
     * @param input acts on what is fed, or null
     */
    public Generation generate(
            int[] prompt,
            KvCache cache,
            GenerationConfig config,
            Seams seams,
            CachePolicy policy,
            EmbeddingSeam input,
            GenerationListener listener) {
        if (prompt.length == 0) {
            throw new BadInputException("The prompt is empty; give at least one token of text.");
        }
        int room = config().contextLength() - cache.nextPosition();
        if (policy == null && prompt.length > room) {
            throw new BadInputException("The prompt has " + prompt.length
                    + " tokens, but the model's context has room for " + room + "; shorten the prompt.");
        }
        return new Generator(decoder, tokenizer, defaults.eos())
                .run(prompt, cache, config, seams, policy, input, listener);
    }

    /** Greedy continuations of several prompts at once, up to {@code newTokens} ids each. */
    public List<int[]> generateBatch(List<int[]> prompts, int newTokens) {
        return batch().greedy(prompts, newTokens);
    }

    /** Log-probability of each token of each continuation after its prompt, several at once. */
    public List<double[]> score(List<int[]> prompts, List<int[]> continuations) {
        return batch().score(prompts, continuations);
    }

    private BatchRunner batch() {
        return new BatchRunner(decoder, defaults.eos(), defaults.pad().orElse(0));
    }

    /** Log-probabilities of tokens 2 … n of a text; no special token is added. */
    public double[] logprobs(int[] ids) {
        return logprobs(ids, 512);
    }

    /** The same in passes of {@code chunk} tokens. Below 8 the copy of the weights that decodes does the work. */
    public double[] logprobs(int[] ids, int chunk) {
        return Scorer.logprobs(decoder, ids, chunk);
    }

    @Override
    public void close() {
        decoder.close();
        closeAdded(tokenizer);
        own.close();
    }
}
