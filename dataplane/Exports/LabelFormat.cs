namespace OppTel.Exports;

/// <summary>How labels are spelled.</summary>
internal enum LabelFormat
{
    /// <summary>As both text formats do, without braces.</summary>
    Text = 0,

    /// <summary>As the label fields of a protobuf metric.</summary>
    Protobuf = 1,
}
