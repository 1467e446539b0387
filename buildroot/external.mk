include $(sort $(wildcard $(BR2_EXTERNAL_COFFER_PATH)/package/*/*.mk))
