using OppTel.Faults.Tests.Sabotage;

namespace OppTel.Faults.Tests.Scenes;

/// <summary>One whose programs have a library loaded into them.</summary>
internal sealed class SabotagedScene(string driver, Library library) : Scene(driver, library.Variables);
