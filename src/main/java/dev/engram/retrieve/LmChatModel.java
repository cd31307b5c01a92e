package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.text.Message;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;

/**
 * A {@link CausalLm} as LangChain4j's {@code ChatModel}, so that its RAG and memory components run on it. Text in, text out:
 * tools, pictures and enforced JSON are refused, for the models here were not made for them.
 */
public final class LmChatModel implements ChatModel {
    private final CausalLm lm;
    private final GenerationConfig config;

    /**
     * Wraps a model, which stays the caller's.
     *
     * @param config what holds where a request says nothing else
     */
    public LmChatModel(CausalLm lm, GenerationConfig config) {
        this.lm = lm;
        this.config = config;
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        List<Message> messages =
                request.messages().stream().map(LmChatModel::message).toList();
        Generation answer = lm.generate(lm.prompt(messages), config(request.parameters()));
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(answer.text()))
                .modelName(lm.origin().getFileName().toString())
                .tokenUsage(new TokenUsage(answer.promptTokens(), answer.numTokens()))
                .finishReason(
                        switch (answer.finish()) {
                            case LENGTH -> FinishReason.LENGTH;
                            case EOS, STOP -> FinishReason.STOP;
                            case CANCELLED -> FinishReason.OTHER;
                        })
                .build();
    }

    private static Message message(ChatMessage message) {
        if (message instanceof SystemMessage system) {
            return Message.system(system.text());
        }
        if (message instanceof UserMessage user && user.hasSingleText()) {
            return Message.user(user.singleText());
        }
        if (message instanceof AiMessage ai && !ai.hasToolExecutionRequests()) {
            return Message.assistant(ai.text());
        }
        throw new BadInputException("A message of the type " + message.type()
                + " holds more than one text; this model reads system, user and assistant messages of one text each.");
    }

    private GenerationConfig config(ChatRequestParameters asked) {
        refuse(asked.toolSpecifications() != null && !asked.toolSpecifications().isEmpty(), "tools");
        refuse(
                asked.responseFormat() != null && asked.responseFormat().type() == ResponseFormatType.JSON,
                "an enforced JSON answer");
        refuse(asked.frequencyPenalty() != null, "a frequency penalty");
        List<String> stop =
                asked.stopSequences() == null || asked.stopSequences().isEmpty()
                        ? config.stop()
                        : asked.stopSequences();
        return new GenerationConfig(
                or(asked.maxOutputTokens(), config.maxNewTokens()),
                or(asked.temperature(), config.temperature()),
                or(asked.topK(), config.topK()),
                or(asked.topP(), config.topP()),
                config.minP(),
                config.repetitionPenalty(),
                or(asked.presencePenalty(), config.presencePenalty()),
                config.seed(),
                stop,
                config.forceExactLength(),
                config.prefillChunk());
    }

    private static <T> T or(T asked, T usual) {
        return asked == null ? usual : asked;
    }

    private static void refuse(boolean asked, String what) {
        if (asked) {
            throw new BadInputException("The request asks for " + what + ", which this model cannot do; leave it out.");
        }
    }
}
