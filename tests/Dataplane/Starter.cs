namespace OppTel.Placeholder; public class Starter { [Xunit.Fact] public void Runs() => Xunit.Assert.True(true); }
