namespace OppTel.Model.Tests;

/// <summary>What a message is.</summary>
internal enum MessageKind : byte
{
    Beacon,
    Catalog,
    Trailer,
}

/// <summary>A message on its way, or recorded.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Bytes">A whole control frame, or a trailer.</param>
/// <param name="Sender">Instance of who sent it.</param>
/// <param name="Sent">The host's clock then, in nanoseconds.</param>
internal sealed record Message(MessageKind Kind, byte[] Bytes, ulong Sender, ulong Sent)
{
    /// <summary>Of a trailer: its number in its sender's stream.</summary>
    public uint Sequence { get; init; }

    /// <summary>Of a beacon: whether it grants a lease, and to whom.</summary>
    public ulong Grants { get; init; }

    /// <summary>Who has taken it already.</summary>
    public HashSet<ulong> TakenBy { get; } = [];
}

/// <summary>One direction of the link: it loses, doubles, delays and reorders, and holds few messages at a time.</summary>
internal sealed class Channel
{
    private const int Room = 2;
    private readonly List<Message> messages = [];

    /// <summary>What is on the way, the oldest first.</summary>
    public IReadOnlyList<Message> Messages => messages;

    public bool HasRoom => messages.Count < Room;

    /// <summary>Sends; what finds no room is lost.</summary>
    public void Send(Message message)
    {
        if (HasRoom)
            messages.Add(message);
    }

    /// <summary>Takes one off.</summary>
    public Message Take(int index)
    {
        Message message = messages[index];
        messages.RemoveAt(index);
        return message;
    }
}
