"""US Immigration and Customs Enforcement."""
